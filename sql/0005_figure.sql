-- What the dashboard counts, added up once for every hour that is over. Only a
-- shortcut: an hour without a row here is counted from the tables themselves
-- (store/figures.c), so nothing depends on the janitor having been here.

CREATE TABLE hourly_figures (
	hour timestamptz PRIMARY KEY CHECK (hour = date_trunc('hour', hour, 'UTC')),
	sign_ups bigint NOT NULL CHECK (sign_ups >= 0),
	issued bigint NOT NULL CHECK (issued >= 0),
	spent bigint NOT NULL CHECK (spent >= 0),
	closed_at timestamptz(3) NOT NULL,
	CHECK (closed_at >= hour + interval '1 hour')
);

COMMENT ON TABLE hourly_figures IS 'Figures of the hours that are over. A row may be deleted: it is made again.';
COMMENT ON COLUMN hourly_figures.hour IS 'When the hour began.';
COMMENT ON COLUMN hourly_figures.sign_ups IS 'Users created in it; who is deleted later stays counted.';
COMMENT ON COLUMN hourly_figures.issued IS 'Credits granted in it.';
COMMENT ON COLUMN hourly_figures.spent IS 'Credits spent in it, of which captured holds.';
COMMENT ON COLUMN hourly_figures.closed_at IS 'When this was added up.';

CREATE TABLE hourly_revenue (
	hour timestamptz REFERENCES hourly_figures ON DELETE CASCADE,
	currency text COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
	orders bigint NOT NULL CHECK (orders > 0),
	amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
	PRIMARY KEY (hour, currency)
);

COMMENT ON TABLE hourly_revenue IS 'What came in during an hour of hourly_figures; no row: nothing.';
COMMENT ON COLUMN hourly_revenue.hour IS 'When the hour began.';
COMMENT ON COLUMN hourly_revenue.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN hourly_revenue.orders IS 'Orders paid in it; who is refunded later stays counted.';
COMMENT ON COLUMN hourly_revenue.amount_minor IS 'What was paid for them, in minor units.';

-- Rows imported with an old date belong to hours that may be closed. Their
-- hours are opened again; until the import commits, nobody closes any, since
-- who does would not see its rows.
CREATE FUNCTION figures_reopen() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	at timestamptz;
BEGIN
	IF TG_TABLE_NAME = 'orders' THEN
		at := NEW.paid_at;
	ELSE
		at := NEW.created_at;
	END IF;
	PERFORM pg_advisory_xact_lock_shared(
		hashtextextended('tollgate hourly_figures', 0));
	DELETE FROM public.hourly_figures WHERE hour = date_trunc('hour', at, 'UTC');
	RETURN NULL;
END $$;
COMMENT ON FUNCTION figures_reopen() IS 'Forgets the figures of an hour to which a row is added late.';
REVOKE EXECUTE ON FUNCTION figures_reopen() FROM PUBLIC;

-- An hour is closed a quarter of an hour after its end: what is no later than
-- this has ten minutes to commit.
CREATE TRIGGER users_late
	AFTER INSERT ON users
	FOR EACH ROW WHEN (NEW.created_at < now() - interval '5 minutes')
	EXECUTE FUNCTION figures_reopen();
CREATE TRIGGER transfers_late
	AFTER INSERT ON transfers
	FOR EACH ROW WHEN (NEW.created_at < now() - interval '5 minutes')
	EXECUTE FUNCTION figures_reopen();
CREATE TRIGGER orders_late
	AFTER INSERT ON orders
	FOR EACH ROW WHEN (NEW.paid_at < now() - interval '5 minutes')
	EXECUTE FUNCTION figures_reopen();
CREATE TRIGGER orders_paid_late
	AFTER UPDATE OF paid_at ON orders
	FOR EACH ROW WHEN (NEW.paid_at < now() - interval '5 minutes'
		AND NEW.paid_at IS DISTINCT FROM OLD.paid_at)
	EXECUTE FUNCTION figures_reopen();

-- A wrong row is the owner's to delete.
GRANT SELECT, INSERT ON hourly_figures, hourly_revenue TO tollgate_worker;
