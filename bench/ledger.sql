-- A long ledger for measuring, after people.sql: as many transfers as asked for
-- in the year before now, every tenth of them person 2's, the others' in turn.
-- Nine of ten spend; grants of the last 60 days make lots.
--
--   psql -v transfers=10000000 -v people=100000 -f bench/ledger.sql
--
-- people  how many wallets people.sql has made
--
-- As the superuser, past the triggers: ten million go through them in an hour.

SET client_min_messages = warning;
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
SET session_replication_role = replica;

-- Indexes are made all at once afterwards, and constraints with theirs; but for
-- the ids, to which others refer, and which come in their order.
CREATE TEMP TABLE made_again AS
SELECT CASE WHEN c.oid IS NULL
		THEN format('DROP INDEX %s', i.indexrelid::regclass)
		ELSE format('ALTER TABLE transfers DROP CONSTRAINT %I', c.conname)
	END AS drop,
	CASE WHEN c.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
		ELSE format('ALTER TABLE transfers ADD CONSTRAINT %I %s',
			c.conname, pg_get_constraintdef(c.oid))
	END AS make
FROM pg_index AS i LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid
	AND c.contype = 'u'
WHERE i.indrelid = 'transfers'::regclass AND NOT i.indisprimary;
SELECT drop FROM made_again \gexec

INSERT INTO transfers (id, wallet_id, number, kind, from_id, to_id, amount,
	balance_after, reason, key, key_hash, created_at, expires_at, quota_month)
SELECT lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
		|| '7' || substr(md5(i::text), 1, 19),
	wallet, 1 + k, kind,
	CASE kind WHEN 'grant' THEN 'issued' ELSE wallet END,
	CASE kind WHEN 'grant' THEN wallet ELSE 'spent' END,
	CASE kind WHEN 'grant' THEN 100 ELSE 1 + k % 10 END,
	1000000000 + k % 1000,
	CASE kind WHEN 'grant' THEN 'Pack of 100' ELSE 'API call ' || k END,
	'bench' || k, sha256('bench'), at,
	CASE WHEN kind = 'grant' AND at > now() - interval '60 days'
		THEN at + interval '90 days' END,
	CASE kind WHEN 'spend' THEN date_trunc('month', at, 'UTC')::date END
FROM (SELECT i, date_trunc('milliseconds', now() - interval '365 days'
			* (1 - i::float8 / :transfers)) AS at,
		md5('user ' || CASE WHEN i % 10 = 0 THEN 2
			ELSE 3 + (i - i / 10 - 1) % (:people - 2) END) AS wallet,
		CASE WHEN i % 10 = 0 THEN i / 10
			ELSE 1 + (i - i / 10 - 1) / (:people - 2) END AS k
	FROM generate_series(1, :transfers) AS i) AS counted,
	LATERAL (SELECT CASE WHEN k % 10 = 1 THEN 'grant' ELSE 'spend' END AS kind)
		AS chosen;
SELECT make FROM made_again \gexec

INSERT INTO lots (id, wallet_id, amount, remaining, expires_at)
SELECT id, wallet_id, amount, 1 + number % amount, expires_at FROM transfers
WHERE kind = 'grant' AND expires_at IS NOT NULL;

UPDATE wallets SET last_number = told.number, due_at = told.due_at,
	balance = 1000000000 + (told.number - 1) % 1000
FROM (SELECT wallet_id, max(number) AS number, min(expires_at) AS due_at
	FROM transfers GROUP BY wallet_id) AS told
WHERE id = told.wallet_id;

RESET session_replication_role;
-- Hours were added up before they had these.
DELETE FROM hourly_figures;
VACUUM ANALYZE;
CHECKPOINT;
