-- What has expired, what was paid back, and who spends most, by the hour.

-- Money of an order that went back, whoever took it back and however it is
-- told. It is counted when it went.
CREATE TABLE order_returns (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	order_id text COLLATE "C" NOT NULL,
	currency text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
	created_at timestamptz(3) NOT NULL
);
CREATE INDEX order_returns_created_idx ON order_returns (created_at)
	INCLUDE (currency, amount_minor);

COMMENT ON TABLE order_returns IS 'Money of orders that went back; append-only, written by the trigger of orders.';
COMMENT ON COLUMN order_returns.id IS 'Number of the row.';
COMMENT ON COLUMN order_returns.order_id IS 'Order it had been paid for. Refers to nothing, so it outlives it.';
COMMENT ON COLUMN order_returns.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN order_returns.amount_minor IS 'How much, in minor units; negative: it came again, a dispute was won.';
COMMENT ON COLUMN order_returns.created_at IS 'When the order was told.';

CREATE FUNCTION order_return() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO public.order_returns
		(order_id, currency, amount_minor, created_at)
	VALUES (NEW.id, NEW.currency, CASE NEW.status WHEN 'refunded'
		THEN NEW.amount_minor ELSE - NEW.amount_minor END,
		NEW.updated_at);
	RETURN NULL;
END $$;
COMMENT ON FUNCTION order_return() IS 'Notes that the money of an order went back, or came again.';
REVOKE EXECUTE ON FUNCTION order_return() FROM PUBLIC;

CREATE TRIGGER orders_return_new
	AFTER INSERT ON orders
	FOR EACH ROW WHEN (NEW.status = 'refunded' AND NEW.amount_minor > 0)
	EXECUTE FUNCTION order_return();
CREATE TRIGGER orders_return
	AFTER UPDATE OF status ON orders
	FOR EACH ROW WHEN ((NEW.status = 'refunded') <> (OLD.status = 'refunded')
		AND NEW.amount_minor > 0)
	EXECUTE FUNCTION order_return();
CREATE TRIGGER order_returns_append_only
	BEFORE UPDATE OR DELETE OR TRUNCATE ON order_returns
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
ALTER TABLE order_returns ENABLE ALWAYS TRIGGER order_returns_append_only;
CREATE TRIGGER order_returns_late
	AFTER INSERT ON order_returns
	FOR EACH ROW WHEN (NEW.created_at < now() - interval '5 minutes')
	EXECUTE FUNCTION figures_reopen();

INSERT INTO order_returns (order_id, currency, amount_minor, created_at)
SELECT id, currency, amount_minor, updated_at
FROM orders WHERE status = 'refunded' AND amount_minor > 0;

-- They are made again, with what is new.
DELETE FROM hourly_figures;

ALTER TABLE hourly_figures
	ADD COLUMN expired bigint NOT NULL CHECK (expired >= 0);
COMMENT ON COLUMN hourly_figures.expired IS 'Credits that were booked as expired in it.';

ALTER TABLE hourly_revenue
	DROP CONSTRAINT hourly_revenue_orders_check,
	ADD CHECK (orders >= 0),
	ADD COLUMN returned_minor bigint NOT NULL;
COMMENT ON TABLE hourly_revenue IS 'What came in and went back during an hour of hourly_figures; no row: nothing.';
COMMENT ON COLUMN hourly_revenue.returned_minor IS 'What went back in it, in minor units, of orders whenever paid; negative: more came again.';

-- The last 30 days, hour by hour, and their sum. Only what is over counts; an
-- hour that is opened again or too old takes its part out of the sum.
CREATE TABLE hourly_spending (
	hour timestamptz REFERENCES hourly_figures ON DELETE CASCADE,
	wallet_id text COLLATE "C",
	spent bigint NOT NULL CHECK (spent > 0),
	PRIMARY KEY (hour, wallet_id)
);

COMMENT ON TABLE hourly_spending IS 'Who spent how much in an hour of hourly_figures; the last 30 days.';
COMMENT ON COLUMN hourly_spending.hour IS 'When the hour began.';
COMMENT ON COLUMN hourly_spending.wallet_id IS 'Whose credits.';
COMMENT ON COLUMN hourly_spending.spent IS 'Credits spent in it, of which captured holds.';

CREATE TABLE spenders (
	wallet_id text COLLATE "C" PRIMARY KEY,
	spent bigint NOT NULL CHECK (spent >= 0)
);
CREATE INDEX spenders_spent_idx ON spenders (spent, wallet_id);

COMMENT ON TABLE spenders IS 'Sums of hourly_spending, kept by its triggers.';
COMMENT ON COLUMN spenders.wallet_id IS 'Whose credits.';
COMMENT ON COLUMN spenders.spent IS 'Credits spent in the hours of the last 30 days that are over.';

CREATE FUNCTION spending_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO public.spenders AS s (wallet_id, spent)
	SELECT wallet_id, sum(spent) FROM changed
	GROUP BY wallet_id ORDER BY wallet_id
	ON CONFLICT (wallet_id) DO UPDATE SET spent = s.spent + excluded.spent;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION spending_added() IS 'Adds an hour to spenders.';

CREATE FUNCTION spending_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	UPDATE public.spenders AS s SET spent = s.spent - gone.spent
	FROM (SELECT wallet_id, sum(spent) AS spent FROM changed
		GROUP BY wallet_id) AS gone
	WHERE s.wallet_id = gone.wallet_id;
	DELETE FROM public.spenders AS s USING changed
	WHERE s.wallet_id = changed.wallet_id AND s.spent = 0;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION spending_removed() IS 'Takes hours out of spenders.';
REVOKE EXECUTE ON FUNCTION spending_added(), spending_removed() FROM PUBLIC;

CREATE TRIGGER hourly_spending_added
	AFTER INSERT ON hourly_spending REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION spending_added();
CREATE TRIGGER hourly_spending_removed
	AFTER DELETE ON hourly_spending REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION spending_removed();

-- Holds that are open, the oldest first.
CREATE INDEX holds_open_created_idx ON holds (created_at, id)
	INCLUDE (wallet_id, amount) WHERE closed_at IS NULL;

GRANT SELECT ON order_returns, spenders TO tollgate_worker;
GRANT SELECT, INSERT, DELETE ON hourly_spending TO tollgate_worker;
