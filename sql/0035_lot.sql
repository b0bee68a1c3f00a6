-- Lots that are cheap to change, and found however young the ledger is.

-- PostgreSQL writes a row again in its place, and to no index, when no column
-- changes that an index knows: none may know what is left of a lot.
DROP INDEX lots_wallet_idx, lots_expires_idx;
ALTER TABLE lots SET (fillfactor = 80);
ALTER TABLE lots ADD COLUMN empty boolean NOT NULL
	GENERATED ALWAYS AS (remaining = 0) STORED;
CREATE INDEX lots_wallet_idx ON lots (wallet_id, expires_at, id)
	WHERE NOT empty;
CREATE INDEX lots_expires_idx ON lots (expires_at, id) WHERE NOT empty;
COMMENT ON COLUMN lots.empty IS 'Nothing is left of it.';

-- These do what they did in 0015_lot.sql; other are the ways to the rows. What
-- came back is found by what it settles and a lot by its id, for the planner,
-- if it may choose, reads all lots, or all that ever came back to anybody, until
-- it has counted a young ledger. wallet_balance was of the language sql, which
-- plans at each call what is not inlined.

CREATE OR REPLACE FUNCTION lots_take(t public.transfers) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	rest bigint := t.balance_after + t.amount - coalesce((
		SELECT sum(remaining) FROM public.lots
		WHERE wallet_id = t.wallet_id AND NOT empty), 0);
	wanted bigint := t.amount;
BEGIN
	IF t.kind = 'clawback' AND NOT EXISTS (
	    SELECT FROM public.lots WHERE id = t.origin_id) THEN
		wanted := greatest(0, wanted - rest);
	END IF;
	WITH open AS (
		SELECT id, remaining, coalesce(sum(remaining) OVER (
			ORDER BY id <> t.origin_id, expires_at, id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
			AS before
		FROM public.lots
		WHERE wallet_id = t.wallet_id AND NOT empty
			AND CASE t.kind WHEN 'expire' THEN id = t.origin_id
				ELSE expires_at > t.created_at END
	), taken AS (
		UPDATE public.lots AS lot SET remaining = lot.remaining
			- least(open.remaining, wanted - open.before)
		FROM open
		WHERE lot.id = open.id AND open.before < wanted
		RETURNING lot.id, lot.remaining - open.remaining AS change
	), noted AS (
		INSERT INTO public.lot_moves
			(transfer_id, lot_id, taken_by_id, change)
		SELECT t.id, id, t.id, change FROM taken
		RETURNING change
	)
	SELECT t.amount + coalesce(sum(change), 0) INTO wanted FROM noted;
	IF wanted > (CASE t.kind WHEN 'expire' THEN 0 ELSE rest END) THEN
		RAISE EXCEPTION 'what has expired cannot be taken'
			USING ERRCODE = 'check_violation';
	END IF;
END $$;

CREATE OR REPLACE FUNCTION lots_return(t public.transfers, taker_id text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	taken bigint;	-- out of the rest, and
	given bigint;	-- back into it, both before now
	wanted bigint;
BEGIN
	IF NOT EXISTS (SELECT FROM public.lot_moves
	    WHERE taken_by_id = taker_id) THEN
		RETURN;
	END IF;
	SELECT taker.amount + coalesce(sum(m.change) FILTER (WHERE m.change < 0), 0),
		- coalesce(sum(m.change) FILTER (WHERE m.change > 0), 0)
	INTO taken, given
	FROM public.transfers taker
		LEFT JOIN public.lot_moves m ON m.taken_by_id = taker.id
	WHERE taker.id = taker_id GROUP BY taker.amount;
	SELECT given + coalesce(sum(back.amount) FILTER (
		WHERE back.kind IN ('release', 'refund')), 0) INTO given
	FROM public.transfers back
	WHERE back.origin_id = ANY (ARRAY(SELECT taker_id UNION ALL
		SELECT id FROM public.transfers WHERE origin_id = taker_id));
	wanted := greatest(0, t.amount - (taken - given));
	WITH net AS (
		SELECT lot_id AS id, -sum(change) AS missing
		FROM public.lot_moves WHERE taken_by_id = taker_id
		GROUP BY lot_id HAVING sum(change) < 0
	), open AS (
		SELECT net.id, missing, coalesce(sum(missing) OVER (
			ORDER BY expires_at DESC, net.id DESC
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
			AS before
		FROM net CROSS JOIN LATERAL (SELECT expires_at
			FROM public.lots WHERE id = net.id OFFSET 0) AS l
	), back AS (
		UPDATE public.lots AS lot SET remaining = lot.remaining
			+ least(open.missing, wanted - open.before)
		FROM open
		WHERE lot.id = open.id AND open.before < wanted
		RETURNING lot.id, lot.expires_at,
			least(open.missing, wanted - open.before) AS change
	), noted AS (
		INSERT INTO public.lot_moves
			(transfer_id, lot_id, taken_by_id, change)
		SELECT t.id, id, taker_id, change FROM back
	)
	UPDATE public.wallets
	SET due_at = least(due_at, (SELECT min(expires_at) FROM back))
	WHERE id = t.wallet_id;
END $$;

CREATE OR REPLACE FUNCTION wallet_settle(wallet text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made bigint := 0;
	hold public.holds;
	lot public.lots;
BEGIN
	PERFORM FROM public.wallets WHERE id = wallet FOR NO KEY UPDATE;
	FOR hold IN SELECT * FROM public.holds
	    WHERE wallet_id = wallet AND closed_at IS NULL AND expires_at <= at
	    ORDER BY expires_at, id LOOP
		PERFORM public.wallet_book(wallet, 'release', hold.id,
			hold.amount, 'The hold expired', at);
		made := made + 1;
	END LOOP;
	FOR lot IN SELECT * FROM public.lots
	    WHERE wallet_id = wallet AND NOT empty AND expires_at <= at
	    ORDER BY expires_at, id LOOP
		PERFORM public.wallet_book(wallet, 'expire', lot.id,
			lot.remaining, 'The credits expired', at);
		made := made + 1;
	END LOOP;
	UPDATE public.wallets SET due_at = (SELECT min(due.at) FROM (
		SELECT min(expires_at) FROM public.lots
		WHERE wallet_id = wallet AND NOT empty
		UNION ALL SELECT min(expires_at) FROM public.holds
		WHERE wallet_id = wallet AND closed_at IS NULL) AS due (at))
	WHERE id = wallet;
	RETURN made;
END $$;

CREATE OR REPLACE FUNCTION wallet_balance(wallet text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT w.balance
		+ coalesce((SELECT sum(h.amount + coalesce((
				SELECT sum(m.change) FROM public.lot_moves m
				WHERE m.taken_by_id = h.id
					AND (SELECT expires_at FROM public.lots
					WHERE id = m.lot_id) <= at), 0))
			FROM public.holds h WHERE h.wallet_id = wallet
				AND h.closed_at IS NULL AND h.expires_at <= at), 0)
		- coalesce((SELECT sum(l.remaining) FROM public.lots l
			WHERE l.wallet_id = wallet AND NOT l.empty
				AND l.expires_at <= at), 0)
	FROM public.wallets w WHERE w.id = wallet);
END $$;

-- Planned once in a connection; what runs inside of these is, too.
ALTER FUNCTION transfer_apply() SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION wallet_settle(text, timestamptz)
	SET plan_cache_mode = force_generic_plan;
