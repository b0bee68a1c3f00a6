-- Credits that run out, credits set aside, and transfers that take others back.
--
-- A wallet is the sum of its lots, which expire, and of a rest, which does not
-- and has no row: a wallet that never had a lot pays nothing for them. Credits
-- leave the lot that expires first, then the rest; they come back in the
-- opposite order, to where they were taken from.

ALTER TABLE transfers
	ADD COLUMN origin_id text COLLATE "C",
	ADD COLUMN expires_at timestamptz(3),
	ADD COLUMN quota_month date,
	DROP CONSTRAINT transfers_sides_check,
	ADD CONSTRAINT transfers_sides_check CHECK (CASE kind
		WHEN 'grant' THEN from_id = 'issued' AND to_id = wallet_id
		WHEN 'clawback' THEN from_id = wallet_id AND to_id = 'issued'
		WHEN 'spend' THEN from_id = wallet_id AND to_id = 'spent'
		WHEN 'adjust' THEN (from_id = 'issued' AND to_id = wallet_id)
			OR (from_id = wallet_id AND to_id = 'issued')
		WHEN 'expire' THEN from_id = wallet_id AND to_id = 'expired'
		WHEN 'hold' THEN from_id = wallet_id AND to_id = 'held'
		WHEN 'release' THEN from_id = 'held' AND to_id = wallet_id
		WHEN 'capture' THEN from_id = 'held' AND to_id = 'spent'
		WHEN 'refund' THEN from_id = 'spent' AND to_id = wallet_id
		ELSE false END),
	ADD CONSTRAINT transfers_origin_check CHECK ((origin_id IS NOT NULL) =
		(kind IN ('clawback', 'expire', 'release', 'capture', 'refund'))),
	ADD CONSTRAINT transfers_expires_check CHECK (CASE kind
		WHEN 'hold' THEN expires_at IS NOT NULL
		WHEN 'grant' THEN true
		ELSE expires_at IS NULL END);
CREATE INDEX transfers_origin_idx ON transfers (origin_id)
	WHERE origin_id IS NOT NULL;

COMMENT ON COLUMN transfers.kind IS 'grant, clawback, spend, adjust, expire, hold, release, capture or refund; decides the sides.';
COMMENT ON COLUMN transfers.key_hash IS 'SHA-256 of what was asked under the key: kind, sides, amount or "all", reason, origin, expiry.';
COMMENT ON COLUMN transfers.origin_id IS 'Transfer that this one settles or takes back: of a clawback or expire the grant, of a release or capture the hold, of a refund the spend or capture.';
COMMENT ON COLUMN transfers.expires_at IS 'Of a grant: when what is left of it is gone; null: never. Of a hold: when it is released by itself.';
COMMENT ON COLUMN transfers.quota_month IS 'Month whose spending this changes or belongs to; null: none, or older than this column.';

ALTER TABLE wallets ADD COLUMN due_at timestamptz(3);
CREATE INDEX wallets_due_idx ON wallets (due_at) WHERE due_at IS NOT NULL;
COMMENT ON COLUMN wallets.due_at IS 'Nothing of it runs out before this, neither a lot nor a hold; null: nothing does.';
COMMENT ON COLUMN wallets.period IS 'First day of the month that period_spent counts; null: nothing spent or held ever.';
COMMENT ON COLUMN wallets.period_spent IS 'Credits spent and held in that month, less what of them came back.';

CREATE TABLE lots (
	id text COLLATE "C" PRIMARY KEY,
	wallet_id text COLLATE "C" NOT NULL REFERENCES wallets,
	amount bigint NOT NULL CHECK (amount > 0),
	remaining bigint NOT NULL CHECK (remaining BETWEEN 0 AND amount),
	expires_at timestamptz(3) NOT NULL
);
CREATE INDEX lots_wallet_idx ON lots (wallet_id, expires_at, id)
	WHERE remaining > 0;
CREATE INDEX lots_expires_idx ON lots (expires_at, id)
	INCLUDE (wallet_id, remaining) WHERE remaining > 0;

COMMENT ON TABLE lots IS 'Grants that expire, and what is left of each. Changed by transfers only.';
COMMENT ON COLUMN lots.id IS 'Transfer that granted it.';
COMMENT ON COLUMN lots.wallet_id IS 'Whose credits they are.';
COMMENT ON COLUMN lots.amount IS 'Credits granted.';
COMMENT ON COLUMN lots.remaining IS 'Credits left; until expires_at they may be spent.';
COMMENT ON COLUMN lots.expires_at IS 'When what is left is gone.';

CREATE TABLE lot_moves (
	transfer_id text COLLATE "C",
	lot_id text COLLATE "C" REFERENCES lots,
	taken_by_id text COLLATE "C" NOT NULL,
	change bigint NOT NULL CHECK (change <> 0),
	PRIMARY KEY (transfer_id, lot_id),
	CHECK ((change < 0) = (transfer_id = taken_by_id))
);
CREATE INDEX lot_moves_taken_idx ON lot_moves (taken_by_id);

COMMENT ON TABLE lot_moves IS 'What transfers took from lots and gave back to them; append-only.';
COMMENT ON COLUMN lot_moves.transfer_id IS 'Transfer that moved it.';
COMMENT ON COLUMN lot_moves.lot_id IS 'Lot it was moved out of or into.';
COMMENT ON COLUMN lot_moves.taken_by_id IS 'Transfer that had taken it; the same one when it leaves.';
COMMENT ON COLUMN lot_moves.change IS 'Credits; negative when they leave the lot.';

CREATE TRIGGER lot_moves_append_only
	BEFORE UPDATE OR DELETE OR TRUNCATE ON lot_moves
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
ALTER TABLE lot_moves ENABLE ALWAYS TRIGGER lot_moves_append_only;

CREATE TABLE holds (
	id text COLLATE "C" PRIMARY KEY,
	wallet_id text COLLATE "C" NOT NULL REFERENCES wallets,
	amount bigint NOT NULL CHECK (amount > 0),
	captured bigint NOT NULL DEFAULT 0 CHECK (captured >= 0),
	released bigint NOT NULL DEFAULT 0 CHECK (released >= 0),
	expires_at timestamptz(3) NOT NULL,
	created_at timestamptz(3) NOT NULL,
	closed_at timestamptz(3),
	CHECK (captured + released <= amount),
	CHECK ((closed_at IS NOT NULL) = (captured + released > 0))
);
CREATE INDEX holds_wallet_idx ON holds (wallet_id, created_at, id);
CREATE INDEX holds_open_idx ON holds (wallet_id, expires_at)
	WHERE closed_at IS NULL;
CREATE INDEX holds_created_idx ON holds (created_at, id);

COMMENT ON TABLE holds IS 'Credits set aside, to be captured or released. Changed by transfers only.';
COMMENT ON COLUMN holds.id IS 'Transfer that set them aside.';
COMMENT ON COLUMN holds.wallet_id IS 'Whose credits they are.';
COMMENT ON COLUMN holds.amount IS 'Credits set aside.';
COMMENT ON COLUMN holds.captured IS 'Credits spent of them.';
COMMENT ON COLUMN holds.released IS 'Credits given back.';
COMMENT ON COLUMN holds.expires_at IS 'From then on it cannot be captured, and is released.';
COMMENT ON COLUMN holds.created_at IS 'When it was made.';
COMMENT ON COLUMN holds.closed_at IS 'When it was captured or released; null: it is open.';

-- What a transfer takes leaves the lots in the order in which they expire; a
-- clawback takes from its own grant first, an expiry from nothing else. Any
-- more is of the rest, which must have it: what has expired, booked or not, is
-- not there to be taken.
CREATE FUNCTION lots_take(t public.transfers) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	rest bigint := t.balance_after + t.amount - coalesce((
		SELECT sum(remaining) FROM public.lots
		WHERE wallet_id = t.wallet_id AND remaining > 0), 0);
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
		WHERE wallet_id = t.wallet_id AND remaining > 0
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
COMMENT ON FUNCTION lots_take(public.transfers) IS 'Takes a transfer''s amount out of the lots of its wallet.';

-- A release goes back to where the hold took it, a refund to where the spend
-- did, or the hold that was captured. The rest was taken last: it is given
-- back first, then the lots, the one that expires last before the others.
CREATE FUNCTION lots_return(t public.transfers, taker_id text)
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
	SELECT given + coalesce(sum(back.amount), 0) INTO given
	FROM public.transfers back
	WHERE back.kind IN ('release', 'refund')
		AND back.origin_id = ANY (ARRAY(SELECT taker_id UNION ALL
			SELECT id FROM public.transfers
			WHERE origin_id = taker_id AND kind = 'capture'));
	wanted := greatest(0, t.amount - (taken - given));
	WITH net AS (
		SELECT m.lot_id AS id, -sum(m.change) AS missing,
			l.expires_at
		FROM public.lot_moves m JOIN public.lots l ON l.id = m.lot_id
		WHERE m.taken_by_id = taker_id
		GROUP BY m.lot_id, l.expires_at HAVING sum(m.change) < 0
	), open AS (
		SELECT id, missing, coalesce(sum(missing) OVER (
			ORDER BY expires_at DESC, id DESC
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
			AS before
		FROM net
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
COMMENT ON FUNCTION lots_return(public.transfers, text) IS 'Gives a transfer''s amount back to the lots another one took it from.';

-- The wallet is locked: no other transfer settles the same origin meanwhile.
-- A grant expires no further than its lot, so it needs no sum.
CREATE FUNCTION transfer_settle(t public.transfers, origin public.transfers)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF origin.wallet_id IS DISTINCT FROM t.wallet_id
	    OR NOT (CASE t.kind
		WHEN 'release' THEN origin.kind = 'hold'
		WHEN 'capture' THEN origin.kind = 'hold'
		WHEN 'refund' THEN origin.kind IN ('spend', 'capture')
		ELSE origin.kind = 'grant' END) THEN
		RAISE EXCEPTION 'no transfer that a % settles', t.kind
			USING ERRCODE = 'check_violation';
	END IF;
	IF t.kind = 'capture' AND origin.expires_at <= t.created_at THEN
		RAISE EXCEPTION 'a hold that has expired is not captured'
			USING ERRCODE = 'check_violation';
	END IF;
	IF t.kind <> 'expire' AND t.amount + (
	    SELECT coalesce(sum(amount), 0) FROM public.transfers
	    WHERE origin_id = origin.id) > origin.amount THEN
		RAISE EXCEPTION 'a % of more than is left', t.kind
			USING ERRCODE = 'check_violation';
	END IF;
	IF origin.kind = 'hold' THEN
		UPDATE public.holds SET closed_at = t.created_at,
			captured = captured + CASE t.kind
				WHEN 'capture' THEN t.amount ELSE 0 END,
			released = released + CASE t.kind
				WHEN 'release' THEN t.amount ELSE 0 END
		WHERE id = origin.id;
	END IF;
END $$;
COMMENT ON FUNCTION transfer_settle(public.transfers, public.transfers) IS 'Refuses a transfer that does not fit its origin, and notes it at the hold.';

CREATE OR REPLACE FUNCTION transfer_apply() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	change bigint := CASE NEW.wallet_id
		WHEN NEW.to_id THEN NEW.amount
		WHEN NEW.from_id THEN -NEW.amount
		ELSE 0 END;
	counts bigint := CASE NEW.kind
		WHEN 'spend' THEN NEW.amount
		WHEN 'hold' THEN NEW.amount
		WHEN 'release' THEN -NEW.amount
		WHEN 'refund' THEN -NEW.amount
		ELSE 0 END;
	month date := date_trunc('month', NEW.created_at AT TIME ZONE 'UTC');
	origin public.transfers;
	due timestamptz;
BEGIN
	IF NEW.origin_id IS NOT NULL THEN
		SELECT * INTO origin FROM public.transfers
		WHERE id = NEW.origin_id;
		month := coalesce(origin.quota_month, date_trunc('month',
			origin.created_at AT TIME ZONE 'UTC'));
	END IF;
	IF counts <> 0 OR NEW.kind = 'capture' THEN
		NEW.quota_month := month;
	END IF;
	-- A spend of last month that comes late counts in no month, and what
	-- comes back counts in the month it had left.
	UPDATE public.wallets AS w SET
		balance = w.balance + change,
		last_number = w.last_number + 1,
		period = CASE WHEN counts > 0
			THEN greatest(w.period, month) ELSE w.period END,
		period_spent = CASE
			WHEN w.period = month THEN w.period_spent + counts
			WHEN counts <= 0 OR w.period > month THEN w.period_spent
			ELSE counts END,
		due_at = least(w.due_at, NEW.expires_at)
	WHERE w.id = NEW.wallet_id
	RETURNING w.balance, w.last_number, w.due_at
	INTO NEW.balance_after, NEW.number, due;
	IF NEW.origin_id IS NOT NULL THEN
		PERFORM public.transfer_settle(NEW, origin);
	END IF;
	IF change < 0 AND due IS NOT NULL THEN
		PERFORM public.lots_take(NEW);
	ELSIF NEW.kind IN ('release', 'refund') THEN
		PERFORM public.lots_return(NEW, CASE origin.kind
			WHEN 'capture' THEN origin.origin_id ELSE origin.id END);
	END IF;
	IF NEW.kind = 'hold' THEN
		INSERT INTO public.holds
			(id, wallet_id, amount, expires_at, created_at)
		VALUES (NEW.id, NEW.wallet_id, NEW.amount, NEW.expires_at,
			NEW.created_at);
	ELSIF NEW.expires_at IS NOT NULL THEN
		INSERT INTO public.lots
			(id, wallet_id, amount, remaining, expires_at)
		VALUES (NEW.id, NEW.wallet_id, NEW.amount, NEW.amount,
			NEW.expires_at);
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION transfer_apply() IS 'Changes the balance a transfer is about, its lots and holds, and numbers the transfer.';

-- Ids of transfers that no program asked for, of the same kind as theirs.
CREATE FUNCTION id_new(at timestamptz) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	SELECT encode(substring(int8send(floor(extract(epoch FROM at) * 1000)
			::bigint) FROM 3)
		|| set_byte(substring(uuid_send(gen_random_uuid()) FROM 7), 0,
			112 + get_byte(uuid_send(gen_random_uuid()), 0) % 16),
		'hex')
$$;
COMMENT ON FUNCTION id_new(timestamptz) IS 'A new UUIDv7 of that moment.';

CREATE FUNCTION wallet_book(wallet text, kind text, origin text,
	amount bigint, reason text, at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	id text := public.id_new(at);
	giver text := CASE kind WHEN 'release' THEN 'held' ELSE wallet END;
	taker text := CASE kind WHEN 'release' THEN wallet ELSE 'expired' END;
BEGIN
	INSERT INTO public.transfers (id, wallet_id, kind, from_id, to_id,
		amount, reason, key, key_hash, origin_id, created_at)
	VALUES (id, wallet, kind, giver, taker, amount, reason,
		'tollgate:due:' || id, sha256(convert_to(concat_ws(E'\n', kind,
		giver, taker, amount, reason, origin), 'UTF8')), origin, at);
END $$;
COMMENT ON FUNCTION wallet_book(text, text, text, bigint, text, timestamptz) IS 'Makes a transfer of what has run out.';

-- Whoever changes a wallet calls this first when it is due; the janitor does
-- for wallets that nobody touches. What a hold gives back may have expired as
-- well, so holds come first.
CREATE FUNCTION wallet_settle(wallet text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made bigint := 0;
	hold public.holds;
	lot public.lots;
BEGIN
	PERFORM FROM public.wallets WHERE id = wallet FOR UPDATE;
	FOR hold IN SELECT * FROM public.holds
	    WHERE wallet_id = wallet AND closed_at IS NULL AND expires_at <= at
	    ORDER BY expires_at, id LOOP
		PERFORM public.wallet_book(wallet, 'release', hold.id,
			hold.amount, 'The hold expired', at);
		made := made + 1;
	END LOOP;
	FOR lot IN SELECT * FROM public.lots
	    WHERE wallet_id = wallet AND remaining > 0 AND expires_at <= at
	    ORDER BY expires_at, id LOOP
		PERFORM public.wallet_book(wallet, 'expire', lot.id,
			lot.remaining, 'The credits expired', at);
		made := made + 1;
	END LOOP;
	UPDATE public.wallets SET due_at = (SELECT min(due.at) FROM (
		SELECT min(expires_at) FROM public.lots
		WHERE wallet_id = wallet AND remaining > 0
		UNION ALL SELECT min(expires_at) FROM public.holds
		WHERE wallet_id = wallet AND closed_at IS NULL) AS due (at))
	WHERE id = wallet;
	RETURN made;
END $$;
COMMENT ON FUNCTION wallet_settle(text, timestamptz) IS 'Books what has run out in a wallet, and says how many transfers that took.';

-- What the balance would be after wallet_settle. An open hold is whole: to
-- capture some of it releases what is left.
CREATE FUNCTION wallet_balance(wallet text, at timestamptz) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT (w.balance
		+ coalesce((SELECT sum(h.amount + coalesce((
				SELECT sum(m.change) FROM public.lot_moves m
				JOIN public.lots l ON l.id = m.lot_id
				WHERE m.taken_by_id = h.id
					AND l.expires_at <= at), 0))
			FROM public.holds h WHERE h.wallet_id = wallet
				AND h.closed_at IS NULL AND h.expires_at <= at), 0)
		- coalesce((SELECT sum(l.remaining) FROM public.lots l
			WHERE l.wallet_id = wallet AND l.remaining > 0
				AND l.expires_at <= at), 0))::bigint
	FROM public.wallets w WHERE w.id = wallet
$$;
COMMENT ON FUNCTION wallet_balance(text, timestamptz) IS 'The balance without what has run out, booked or not.';

REVOKE EXECUTE ON FUNCTION lots_take(public.transfers),
	lots_return(public.transfers, text),
	transfer_settle(public.transfers, public.transfers),
	wallet_book(text, text, text, bigint, text, timestamptz),
	wallet_settle(text, timestamptz), wallet_balance(text, timestamptz)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wallet_settle(text, timestamptz),
	wallet_balance(text, timestamptz) TO tollgate_worker;
GRANT SELECT ON lots, lot_moves, holds TO tollgate_worker;
