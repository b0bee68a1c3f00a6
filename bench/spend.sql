-- What store/credit.c sends for one spend, in the words of pgbench. people is
-- how many wallets there are to choose from.
\set person random(1, :people)
BEGIN;
SELECT balance, coalesce(monthly_quota, -1), CASE WHEN period = date_trunc('month', now() AT TIME ZONE 'UTC')::date THEN period_spent ELSE 0 END FROM wallets WHERE id = md5('user ' || :person::int) AND kind <> 'system' FOR UPDATE;
WITH number AS MATERIALIZED (SELECT nextval('bench_number')::text AS text), prior AS (SELECT id, wallet_id, kind, to_id, amount, balance_after, reason, created_at, key_hash = sha256('spend') AS same, false AS made FROM transfers WHERE wallet_id = md5('user ' || :person::int) AND key = (SELECT text FROM number)), made AS (INSERT INTO transfers (id, wallet_id, kind, from_id, to_id, amount, reason, actor_id, key, key_hash, created_at) SELECT lpad(text, 32, '0'), md5('user ' || :person::int), 'spend', md5('user ' || :person::int), 'spent', 1, 'Bench', md5('user ' || :person::int), text, sha256('spend'), now() FROM number WHERE true AND NOT EXISTS (SELECT FROM prior) RETURNING id, wallet_id, kind, to_id, amount, balance_after, reason, created_at, true AS same, true AS made) SELECT id, kind, amount, CASE WHEN to_id = wallet_id THEN amount ELSE -amount END, balance_after, nullif(reason, ''), created_at, same, made FROM (TABLE prior UNION ALL TABLE made) AS either;
COMMIT;
