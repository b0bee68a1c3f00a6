-- Orders that are paid: what providers have told, and what it came to.
--
-- Payments and reversals are facts. They only ever grow, so that events which
-- come twice, late or out of order end in the same rows; the order's status
-- and its credits are derived from them.

INSERT INTO order_moves VALUES
	('deleted', 'paid'),	-- the money was on its way
	('refunded', 'paid');	-- a dispute was won, a refund did not arrive

ALTER TABLE orders
	ADD COLUMN plan_id text COLLATE "C" REFERENCES plans,
	ADD COLUMN credits_expire_days integer CHECK (credits_expire_days BETWEEN 1 AND 36500),
	ADD COLUMN checkout_id text COLLATE "C" CHECK (checkout_id <> ''),
	ADD COLUMN checkout_url text CHECK (checkout_url ~ '^https?://'),
	ADD COLUMN checkout_expires_at timestamptz(3),
	ADD COLUMN checkout_stage smallint NOT NULL DEFAULT 0 CHECK (checkout_stage BETWEEN 0 AND 2),
	ADD COLUMN checkouts integer NOT NULL DEFAULT 0 CHECK (checkouts >= 0),
	ADD COLUMN provider text CHECK (provider IN ('stripe', 'manual')),
	ADD COLUMN received_minor bigint NOT NULL DEFAULT 0 CHECK (received_minor >= 0),
	ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
	ADD COLUMN disputed_minor bigint NOT NULL DEFAULT 0 CHECK (disputed_minor >= 0),
	ADD COLUMN credits_given bigint NOT NULL DEFAULT 0,
	ADD COLUMN credits_short bigint NOT NULL DEFAULT 0 CHECK (credits_short >= 0),
	ADD COLUMN credit_steps integer NOT NULL DEFAULT 0 CHECK (credit_steps >= 0),
	ADD CHECK (refunded_minor + disputed_minor <= received_minor),
	ADD CHECK (credits_given BETWEEN 0 AND credits),
	ADD CHECK ((checkout_id IS NULL) = (checkout_url IS NULL)
		AND (checkout_id IS NULL) = (checkout_expires_at IS NULL));
CREATE UNIQUE INDEX orders_checkout_key ON orders (checkout_id);
CREATE INDEX orders_email_idx ON orders (lower(email) COLLATE "C", created_at, id);
CREATE INDEX orders_plan_idx ON orders (plan_id);

COMMENT ON COLUMN orders.updated_at IS 'Last change of status, or of the money.';
COMMENT ON COLUMN orders.plan_id IS 'Plan it was made of, which may have changed since; null: none.';
COMMENT ON COLUMN orders.credits_expire_days IS 'Days after payment at which its credits expire; null: never.';
COMMENT ON COLUMN orders.checkout_id IS 'The provider''s checkout session of the last attempt to pay; null: none yet.';
COMMENT ON COLUMN orders.checkout_url IS 'Where the buyer pays in that session.';
COMMENT ON COLUMN orders.checkout_expires_at IS 'Until when.';
COMMENT ON COLUMN orders.checkout_stage IS '0: it can be paid there; 1: paid, the money is on its way; 2: over.';
COMMENT ON COLUMN orders.checkouts IS 'Sessions made so far: the number is part of each one''s idempotency key.';
COMMENT ON COLUMN orders.provider IS 'Who takes the money; manual: an administrator saw it come; null: nobody yet.';
COMMENT ON COLUMN orders.received_minor IS 'Money that came, of all its payments.';
COMMENT ON COLUMN orders.refunded_minor IS 'Money given back of it.';
COMMENT ON COLUMN orders.disputed_minor IS 'Money taken back of it by disputes that are open or lost.';
COMMENT ON COLUMN orders.credits_given IS 'Credits granted for it, less those taken back.';
COMMENT ON COLUMN orders.credits_short IS 'Credits that were to be taken back and were spent, or had expired.';
COMMENT ON COLUMN orders.credit_steps IS 'Transfers made for it: part of the next one''s key.';

GRANT UPDATE (checkout_id, checkout_url, checkout_expires_at, checkout_stage,
	checkouts, provider, received_minor, refunded_minor, disputed_minor,
	credits_given, credits_short, credit_steps)
	ON orders TO tollgate_worker;

CREATE TABLE payments (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	order_id text COLLATE "C" REFERENCES orders,
	provider text NOT NULL CHECK (provider IN ('stripe', 'manual')),
	currency text COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
	received_minor bigint NOT NULL CHECK (received_minor >= 0),
	refunded_minor bigint NOT NULL CHECK (refunded_minor >= 0),
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL,
	CHECK (received_minor = 0 OR currency IS NOT NULL)
);
CREATE INDEX payments_order_idx ON payments (order_id);

COMMENT ON TABLE payments IS 'What is known of a payment. Facts come in any order, so it may be known by a refund first.';
COMMENT ON COLUMN payments.id IS 'The provider''s payment intent, or manual: and the order.';
COMMENT ON COLUMN payments.order_id IS 'Order it pays; null: not known yet, or none of ours.';
COMMENT ON COLUMN payments.provider IS 'stripe, or manual: an administrator saw it come.';
COMMENT ON COLUMN payments.currency IS 'ISO 4217 code; null: not known yet.';
COMMENT ON COLUMN payments.received_minor IS 'Money that came, in minor units; 0: none so far.';
COMMENT ON COLUMN payments.refunded_minor IS 'The most that was ever told to be refunded of it.';
COMMENT ON COLUMN payments.created_at IS 'When it was first heard of.';
COMMENT ON COLUMN payments.updated_at IS 'When it was last heard of.';

CREATE TABLE reversals (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	payment_id text COLLATE "C" NOT NULL REFERENCES payments,
	kind text NOT NULL CHECK (kind IN ('refund', 'dispute')),
	amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
	stage smallint NOT NULL CHECK (stage BETWEEN 0 AND 3),
	state text NOT NULL CHECK (state <> ''),
	reason text,
	key text COLLATE "C" CHECK (octet_length(key) BETWEEN 1 AND 64),
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL,
	CONSTRAINT reversals_key_key UNIQUE (payment_id, key)
);
CREATE INDEX reversals_payment_idx ON reversals (payment_id, created_at);

COMMENT ON TABLE reversals IS 'Money of a payment that went back: refunds and disputes.';
COMMENT ON COLUMN reversals.id IS 'The provider''s refund or dispute, or manual: and what the administrator''s form said.';
COMMENT ON COLUMN reversals.payment_id IS 'Payment it is of.';
COMMENT ON COLUMN reversals.kind IS 'refund: we gave it back; dispute: the buyer''s bank took it.';
COMMENT ON COLUMN reversals.amount_minor IS 'How much, in minor units of the payment''s currency.';
COMMENT ON COLUMN reversals.stage IS '0: announced; 1: the money is gone; 2: for good; 3: undone, it is back. Never falls.';
COMMENT ON COLUMN reversals.state IS 'The provider''s word for it, of that stage.';
COMMENT ON COLUMN reversals.reason IS 'Why, in the words of who did it; null: nothing said.';
COMMENT ON COLUMN reversals.key IS 'Idempotency key of the administrator who asked for it; null: it was made elsewhere.';
COMMENT ON COLUMN reversals.created_at IS 'When it was first heard of.';
COMMENT ON COLUMN reversals.updated_at IS 'When it was last heard of.';

CREATE FUNCTION refuse_unlearning() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION 'what is known of % % is not forgotten', TG_TABLE_NAME,
		OLD.id USING ERRCODE = 'check_violation';
END $$;
COMMENT ON FUNCTION refuse_unlearning() IS 'Keeps facts about payments from shrinking.';

CREATE TRIGGER payments_grow
	BEFORE UPDATE ON payments
	FOR EACH ROW WHEN (NEW.received_minor < OLD.received_minor
		OR NEW.refunded_minor < OLD.refunded_minor
		OR NEW.order_id IS DISTINCT FROM coalesce(OLD.order_id, NEW.order_id))
	EXECUTE FUNCTION refuse_unlearning();
CREATE TRIGGER reversals_grow
	BEFORE UPDATE ON reversals
	FOR EACH ROW WHEN (NEW.stage < OLD.stage
		OR NEW.payment_id <> OLD.payment_id)
	EXECUTE FUNCTION refuse_unlearning();

GRANT SELECT, INSERT, UPDATE (order_id, currency, received_minor,
	refunded_minor, updated_at) ON payments TO tollgate_worker;
GRANT SELECT, INSERT, UPDATE (amount_minor, stage, state, reason, key, updated_at)
	ON reversals TO tollgate_worker;

-- Money back: what was told to be refunded in all, or what the refunds that
-- are known add up to, whichever tells more, less what did not arrive.
CREATE VIEW payment_sums AS
	SELECT p.id, p.order_id, p.provider, p.currency, p.created_at,
		p.received_minor,
		least(p.received_minor, told.refunded)::bigint AS refunded_minor,
		least(p.received_minor - least(p.received_minor, told.refunded),
			told.disputed)::bigint AS disputed_minor
	FROM payments p, LATERAL (
		SELECT greatest(0, greatest(p.refunded_minor,
				coalesce(sum(r.amount_minor) FILTER
				(WHERE r.kind = 'refund' AND r.stage > 0), 0))
			- coalesce(sum(r.amount_minor) FILTER
				(WHERE r.kind = 'refund' AND r.stage = 3), 0)) AS refunded,
			coalesce(sum(r.amount_minor) FILTER
				(WHERE r.kind = 'dispute' AND r.stage IN (1, 2)), 0) AS disputed
		FROM reversals r WHERE r.payment_id = p.id) told;
COMMENT ON VIEW payment_sums IS 'Payments with what went back of each.';
GRANT SELECT ON payment_sums TO tollgate_worker;

-- Returns by the amount, now that an order knows it: parts of it, too.
DROP TRIGGER orders_return_new ON orders;
DROP TRIGGER orders_return ON orders;
DROP FUNCTION order_return();

-- An order that nobody has told of money was refunded as a whole, or not.
CREATE FUNCTION order_returned(o public.orders) RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN CASE WHEN o.received_minor > 0 THEN o.refunded_minor + o.disputed_minor
	WHEN o.status = 'refunded' THEN o.amount_minor ELSE 0 END;
COMMENT ON FUNCTION order_returned(orders) IS 'Money of an order that went back.';

CREATE FUNCTION order_return() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	change bigint := public.order_returned(NEW)
		- CASE TG_OP WHEN 'INSERT' THEN 0 ELSE public.order_returned(OLD) END;
BEGIN
	IF change <> 0 THEN
		INSERT INTO public.order_returns
			(order_id, currency, amount_minor, created_at)
		VALUES (NEW.id, NEW.currency, change, NEW.updated_at);
	END IF;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION order_return() IS 'Notes what of the money of an order went back, or came again.';
REVOKE EXECUTE ON FUNCTION order_return() FROM PUBLIC;

CREATE TRIGGER orders_return
	AFTER INSERT OR UPDATE OF status, received_minor, refunded_minor,
		disputed_minor ON orders
	FOR EACH ROW EXECUTE FUNCTION order_return();
