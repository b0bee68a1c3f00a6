-- Made-up people for measuring: as many as asked for, each with a session, a
-- password and a wallet. bed.mjs knows their tokens.
--
--   psql -v count=10000 -v password=HASH -v logins=1000 -f bench/people.sql
--
-- logins  how many of them, from the first, get session, password and wallet
-- Person 1 is an administrator.

SET client_min_messages = warning;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

-- Trigrams are indexed faster all at once.
SELECT pg_get_indexdef('users_search_idx'::regclass) AS search_index \gset
DROP INDEX users_search_idx;

INSERT INTO users (id, name, email, email_verified, role, created_at, updated_at)
SELECT md5('user ' || n),
	(ARRAY['Ada','Bea','Carlos','Dmitri','Esther','Felix','Grace','Hugo',
		'Ines','Jana','Kwame','Lars'])[1 + n % 12] || ' ' ||
	initcap(substr(md5('last ' || n), 1, 8)),
	'person' || n || '.' || substr(md5('mail ' || n), 1, 5) || '@example'
		|| n % 50 || '.com',
	n % 10 <> 0, CASE WHEN n = 1 THEN 'admin_rw' ELSE 'user' END,
	at, at
FROM generate_series(1, :count) AS n,
	LATERAL (SELECT date_trunc('milliseconds', now())
		- interval '15 s' * (:count - n) AS at) AS joined;

:search_index;

INSERT INTO accounts (id, user_id, provider_id, account_id, password, created_at,
	updated_at)
SELECT md5('account ' || n), md5('user ' || n), 'credential', md5('user ' || n),
	:'password', now(), now()
FROM generate_series(1, :logins) AS n;

INSERT INTO sessions (id, token_hash, user_id, expires_at, created_at, updated_at,
	ip_address, user_agent)
SELECT md5('session ' || n), sha256(convert_to(md5('token ' || n), 'UTF8')),
	md5('user ' || n), now() + interval '7 days', now(), now(), '192.0.2.7',
	'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
FROM generate_series(1, :logins) AS n;

INSERT INTO wallets (id, kind, balance)
SELECT md5('user ' || n), 'user', 0 FROM generate_series(1, :logins) AS n;

INSERT INTO transfers (id, wallet_id, kind, from_id, to_id, amount, reason, key,
	key_hash, created_at)
SELECT md5('grant ' || n), md5('user ' || n), 'grant', 'issued',
	md5('user ' || n), 1000000000, 'For measuring', 'bench',
	sha256('bench'), now()
FROM generate_series(1, :logins) AS n;

CREATE SEQUENCE bench_number;
GRANT USAGE ON SEQUENCE bench_number TO tollgate_worker;
VACUUM ANALYZE;
CHECKPOINT;
