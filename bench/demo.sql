-- A thousand made-up people, what they bought and what they spent, over the
-- 90 days before now. For looking at, not for measuring.
--
--   psql -1 -v ON_ERROR_STOP=1 -f bench/demo.sql   as the owner of the tables
--
-- Choices come from hashes, so every run makes the same people. Nobody here
-- can sign in: accounts have no password, sessions a token nobody knows.

SET TIME ZONE 'UTC';
SET search_path = public, pg_temp;

-- 0 <= dice < 1, always the same for the same question
CREATE FUNCTION pg_temp.dice(question text) RETURNS float8
LANGUAGE sql IMMUTABLE AS $$
	SELECT (hashtextextended(question, 7) & 1073741823) / 1073741824.0
$$;

CREATE FUNCTION pg_temp.pick(question text, choices text[]) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT choices[1 + floor(pg_temp.dice(question)
		* array_length(choices, 1))::int]
$$;

-- a UUIDv7 without dashes
CREATE FUNCTION pg_temp.id_at(at timestamptz, question text) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0')
		|| '7' || substr(md5(question), 1, 3)
		|| '8' || substr(md5(question), 4, 15)
$$;

CREATE FUNCTION pg_temp.ascii(name text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT translate(lower(replace(replace(name, 'ß', 'ss'), 'ø', 'oe')),
		'Ááäãåâçéèêëíîïñóöôőúüýłşğıžš ''', 'aaaaaaceeeeiiinoooouuylsgizs')
$$;

-- ---- people ------------------------------------------------------------------

CREATE TEMP TABLE person ON COMMIT DROP AS
SELECT n, first || ' ' || last AS name,
	pg_temp.ascii(first) || '.' || pg_temp.ascii(last) || n
		|| '@example.com' AS email,
	-- more of them lately
	date_trunc('milliseconds', now() - interval '10 minutes'
		- interval '90 days' * (1 - sqrt(pg_temp.dice('joined ' || n))))
		AS joined
FROM generate_series(1, 1000) AS n,
	LATERAL (SELECT
		pg_temp.pick('first ' || n, '{Ada,Aisha,Álvaro,Amara,Anouk,Arjun,
			Astrid,Bea,Björn,Carlos,Chiara,Chloé,Daan,Diego,Dmitri,Elif,
			Emeka,Emma,Esther,Fatima,Felix,Freya,Gábor,Grace,Hana,Hugo,
			Ines,Ivo,Jamal,Jana,João,Jun,Kaito,Karin,Kwame,Lars,Layla,
			Léa,Liam,Lucía,Maja,Marek,Mei,Mila,Mohammed,Nadia,Nils,Noor,
			Oksana,Olu,Omar,Pablo,Petra,Priya,Rania,Ravi,Rosa,Ruth,Sami,
			Sofia,Søren,Tariq,Tess,Tomáš,Uma,Viktor,Wanda,Wei,Yara,Yusuf,
			Zoë,Zuzana}'::text[]) AS first,
		pg_temp.pick('last ' || n, '{Abebe,Adeyemi,Andersen,Bakker,Barros,
			Bauer,Bianchi,Boateng,Brown,Castillo,Chen,Costa,Demir,
			Dubois,Eriksson,Fernández,Fischer,Fontaine,Garcia,Haddad,
			Hansen,Hofmann,Horvat,Ibrahim,Ito,Ivanova,Jansen,Jensen,
			Johnson,Kaya,Keller,Khan,Kim,Kowalski,Larsson,Lehmann,
			Leroy,Lindqvist,López,Mahmoud,Marino,Mbeki,Meyer,Moreau,
			Murphy,Nakamura,Nguyen,Novák,Nowak,Obi,Okafor,Olsen,
			Osei,Papadopoulos,Park,Patel,Pereira,Petrov,Popescu,Ramos,
			Rossi,Russo,Sato,Schäfer,Schneider,Sharma,Silva,Singh,Smith,
			Svensson,Takahashi,Taylor,Tremblay,Varga,Visser,Wagner,
			Walker,Weber,Wong,Yilmaz,Zhang}'::text[]) AS last) AS names;

ALTER TABLE person ADD id text;
UPDATE person SET id = pg_temp.id_at(joined, 'user ' || n);

INSERT INTO users (id, name, email, email_verified, role, banned, ban_reason,
	ban_expires_at, created_at, updated_at)
SELECT id, name, email, pg_temp.dice('verified ' || n) < 0.9,
	CASE WHEN n <= 2 THEN 'admin_rw' WHEN n <= 5 THEN 'admin_ro' ELSE 'user' END,
	bad, CASE WHEN bad THEN pg_temp.pick('ban ' || n,
		'{Chargeback,"Shared their account","Spam sign-ups","Asked us to"}') END,
	CASE WHEN bad AND n % 2 = 0 THEN now() + interval '20 days' END,
	joined, least(joined + interval '10 days' * pg_temp.dice('seen ' || n), now())
FROM person, LATERAL (SELECT n > 5 AND pg_temp.dice('bad ' || n) < 0.015 AS bad)
	AS judged;

INSERT INTO accounts (id, user_id, provider_id, account_id, created_at, updated_at)
SELECT pg_temp.id_at(joined, 'account ' || n), id, 'credential', id, joined, joined
FROM person;

INSERT INTO sessions (id, token_hash, user_id, expires_at, created_at,
	updated_at, ip_address, user_agent)
SELECT pg_temp.id_at(at, 'session ' || n), sha256(uuid_send(gen_random_uuid())),
	id, at + interval '7 days', at, at,
	'198.51.100.' || 1 + n % 254, pg_temp.pick('agent ' || n, ARRAY[
	'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
	'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'])
FROM person, LATERAL (SELECT date_trunc('milliseconds', greatest(joined,
	now() - interval '6 days' * pg_temp.dice('session ' || n))) AS at) AS began
WHERE n % 3 = 0 AND NOT EXISTS (SELECT FROM users AS u
	WHERE u.id = person.id AND u.banned);

-- ---- what they bought --------------------------------------------------------

INSERT INTO plans (id, kind, name, title, description, price_minor, currency,
	interval, credits, credits_expire_days, active, position, created_at,
	updated_at)
SELECT pg_temp.id_at(now() - interval '300 days', 'plan ' || name), kind, name,
	title, description, price, 'EUR', every, credits, days, active, place,
	now() - interval '300 days', now() - interval '300 days'
FROM (VALUES
	('pack', 'pack-500', '500 credits', '', 900, NULL, 500, NULL, true, 1),
	('pack', 'pack-2000', '2,000 credits', '', 2900, NULL, 2000, NULL, true, 2),
	('pack', 'pack-10000', '10,000 credits', 'For a whole team', 9900, NULL,
		10000, 365, true, 3),
	('pack', 'summer', 'Summer pack', '', 1900, NULL, 2000, 90, false, 9),
	('subscription', 'pro', 'Pro', 'For who writes every day', 1200, 'month',
		2000, 31, true, 5))
	AS plan (kind, name, title, description, price, every, credits, days,
		active, place);

INSERT INTO orders (id, user_id, email, status, description, credits,
	amount_minor, currency, created_at, paid_at, updated_at)
SELECT pg_temp.id_at(placed, 'order ' || q), id, email, status, description,
	credits, price, pg_temp.pick('currency ' || n,
		'{EUR,EUR,EUR,EUR,USD,USD,GBP}'), placed,
	CASE WHEN status IN ('paid', 'refunded') THEN placed + interval '40 s' END,
	CASE status WHEN 'created' THEN placed WHEN 'refunded'
		THEN least(placed + interval '2 days', now())
		ELSE placed + interval '40 s' END
FROM (SELECT *, n || ' ' || k AS q, date_trunc('milliseconds', joined
		+ (now() - interval '5 minutes' - joined)
		* pg_temp.dice('placed ' || n || ' ' || k)) AS placed
	FROM person, generate_series(1, 4) AS k
	WHERE pg_temp.dice('buys ' || n || ' ' || k) < 0.45 / k) AS bought,
	LATERAL (SELECT pg_temp.dice('plan ' || q) AS plan,
		pg_temp.dice('status ' || q) AS fate) AS dice,
	LATERAL (SELECT
		CASE WHEN plan < 0.6 THEN '500 credits' WHEN plan < 0.9
			THEN '2,000 credits' ELSE '10,000 credits' END AS description,
		CASE WHEN plan < 0.6 THEN 500 WHEN plan < 0.9 THEN 2000
			ELSE 10000 END AS credits,
		CASE WHEN plan < 0.6 THEN 900 WHEN plan < 0.9 THEN 2900
			ELSE 9900 END AS price,
		CASE WHEN fate < 0.87 THEN 'paid' WHEN fate < 0.93 THEN 'created'
			WHEN fate < 0.97 THEN 'deleted' ELSE 'refunded' END AS status)
		AS chosen;

-- ---- what they were given and spent --------------------------------------------

INSERT INTO wallets (id, kind, balance, monthly_quota)
SELECT id, 'user', 0, CASE WHEN n % 40 = 0 THEN 5000 END FROM person;

CREATE TEMP TABLE moved ON COMMIT DROP AS
SELECT id AS wallet, joined AS at, 'grant' AS kind, 100::bigint AS amount,
	'Welcome' AS reason, NULL AS actor, 'welcome' AS key
FROM person
UNION ALL
SELECT user_id, paid_at, 'grant', credits, description, NULL, 'tollgate:order:' || id
FROM orders WHERE paid_at IS NOT NULL
UNION ALL
SELECT user_id, updated_at, 'adjust', credits, 'Order refunded', admin.id,
	'refund-' || orders.id
FROM orders, person AS admin WHERE status = 'refunded' AND admin.n = 1
UNION ALL
SELECT p.id, p.joined + (now() - p.joined) / 2, 'grant', 50,
	pg_temp.pick('goodwill ' || p.n, '{"For the outage on Tuesday",
		"Thank you for the report","Settled by phone"}'),
	admin.id, 'goodwill'
FROM person AS p, person AS admin WHERE p.n % 17 = 0 AND admin.n = 2
UNION ALL
SELECT id, joined + (now() - joined) * pg_temp.dice('used ' || n || ' ' || k),
	'spend', 1 + floor(700 * pg_temp.dice('cost ' || n || ' ' || k) ^ 2)::bigint,
	pg_temp.pick('what ' || n || ' ' || k,
		'{"Report","Export","Image, large","Image, small","API calls"}'),
	NULL, 'use-' || k
FROM person, generate_series(1, 12) AS k
WHERE k <= 1 + 12 * pg_temp.dice('keen ' || n);

-- In the order of time, and nobody spends what he has not got.
DO $$
DECLARE
	m record;
	most bigint;
	from_id text;
	to_id text;
BEGIN
	FOR m IN SELECT * FROM moved ORDER BY at, key, wallet LOOP
		SELECT balance INTO most FROM wallets WHERE id = m.wallet;
		IF m.kind <> 'grant' THEN
			m.amount := least(m.amount, most);
		END IF;
		CONTINUE WHEN m.amount = 0;
		from_id := CASE m.kind WHEN 'grant' THEN 'issued' ELSE m.wallet END;
		to_id := CASE m.kind WHEN 'grant' THEN m.wallet
			WHEN 'spend' THEN 'spent' ELSE 'issued' END;
		INSERT INTO transfers (id, wallet_id, kind, from_id, to_id, amount,
			reason, actor_id, key, key_hash, created_at)
		VALUES (pg_temp.id_at(m.at, m.wallet || m.key), m.wallet, m.kind,
			from_id, to_id, m.amount, m.reason, m.actor, m.key,
			sha256(convert_to(concat_ws(E'\n', m.kind, from_id, to_id,
				m.amount, m.reason), 'UTF8')),
			date_trunc('milliseconds', m.at));
	END LOOP;
END $$;

-- ---- what administrators did -------------------------------------------------

INSERT INTO audit (id, actor_id, action, target_type, target_id, before, after,
	address, created_at)
SELECT pg_temp.id_at(at, 'audit ' || wallet || key), actor, 'credit.grant',
	'user', wallet, NULL, jsonb_build_object('amount', amount,
	'reason', reason), '192.0.2.10', date_trunc('milliseconds', at)
FROM moved WHERE key = 'goodwill'
UNION ALL
SELECT pg_temp.id_at(u.updated_at, 'audit ban ' || u.id), admin.id, 'user.ban',
	'user', u.id, jsonb_build_object('banned', false), jsonb_build_object(
	'banned', true, 'banReason', u.ban_reason), '192.0.2.10', u.updated_at
FROM users AS u, person AS p, person AS admin
WHERE u.banned AND p.id = u.id AND admin.n = 1;

-- What was paid, and what went back of it, as it is known from a provider.
INSERT INTO payments (id, order_id, provider, currency, received_minor,
	refunded_minor, created_at, updated_at)
SELECT 'pi_' || id, id, 'stripe', currency, amount_minor,
	CASE status WHEN 'refunded' THEN amount_minor ELSE 0 END, paid_at, updated_at
FROM orders WHERE paid_at IS NOT NULL;
UPDATE orders SET provider = 'stripe', received_minor = amount_minor,
	refunded_minor = CASE status WHEN 'refunded' THEN amount_minor ELSE 0 END,
	credits_given = CASE status WHEN 'refunded' THEN 0 ELSE credits END,
	plan_id = (SELECT p.id FROM plans p
		WHERE p.title = orders.description)
WHERE paid_at IS NOT NULL;

-- A promotion, which ends sooner for some than for others.
INSERT INTO transfers (id, wallet_id, kind, from_id, to_id, amount, reason,
	actor_id, key, key_hash, created_at, expires_at)
SELECT pg_temp.id_at(at, 'promotion ' || p.n), p.id, 'grant', 'issued', p.id,
	200, 'Autumn promotion', admin.id, 'promotion',
	sha256(convert_to(concat_ws(E'\n', 'grant', 'issued', p.id, 200,
	'Autumn promotion', (extract(epoch FROM ends) * 1000)::bigint), 'UTF8')),
	at, ends
FROM person AS p, person AS admin, LATERAL (SELECT
	date_trunc('milliseconds', now() - interval '1 minute') AS at,
	date_trunc('day', now() + interval '1 day' * (2 + p.n % 50)) AS ends) AS term
WHERE p.n % 9 = 0 AND admin.n = 2;

-- ---- what they reserve, and what they say ------------------------------------

INSERT INTO items (id, name, description, price, unit, active, created_at,
	updated_at)
SELECT pg_temp.id_at(now() - interval '90 days', 'item ' || name), name, about,
	price, unit, true, now() - interval '90 days', now() - interval '90 days'
FROM (VALUES
	('Studio', 'With light, backdrop and a tripod', 40, 'hour'),
	('Large printer', 'Up to 60 cm wide, ink included', 25, 'hour'),
	('Meeting room', 'For eight, with a screen', 15, 'hour'),
	('Introduction', 'An hour with somebody who knows how', 120, 'reservation'))
	AS item (name, about, price, unit);

INSERT INTO feedbacks (id, user_id, rating, subject, text, state, answer,
	answered_by, answered_at, created_at, updated_at)
SELECT pg_temp.id_at(at, 'feedback ' || p.n), p.id,
	1 + floor(4.999 * sqrt(pg_temp.dice('rating ' || p.n)))::int, subject, words,
	CASE WHEN answered THEN 'answered' ELSE 'open' END,
	CASE WHEN answered THEN 'Thank you. We have looked into it.' END,
	CASE WHEN answered THEN admin.id END,
	CASE WHEN answered THEN later END, at,
	CASE WHEN answered THEN later ELSE at END
FROM person AS p, person AS admin,
	LATERAL (SELECT date_trunc('milliseconds', p.joined + (now() - p.joined)
		* pg_temp.dice('said ' || p.n)) AS at,
		p.n % 2 = 0 AS answered) AS said,
	LATERAL (SELECT least(at + interval '3 hours', now()) AS later) AS after,
	LATERAL (SELECT pg_temp.pick('subject ' || p.n, '{"Large images",
		"Receipts","The printer","Expired credits"}') AS subject,
		pg_temp.pick('words ' || p.n, '{"Works as I hoped.",
		"It took me a while to find. Could it be on the first page?",
		"Is there a way to get these by month?",
		"Quick, and I could undo it. Thank you."}') AS words) AS text
WHERE p.n % 23 = 0 AND admin.n = 1;

ANALYZE users, accounts, sessions, orders, wallets, transfers, audit;
