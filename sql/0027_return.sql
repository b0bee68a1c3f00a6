-- Orders give back a part, too, and dispute it: what went back is what they
-- say of refunds and disputes now.

-- An order that was refunded before they said it gave all of it back.
CREATE FUNCTION order_returned(orders) RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN $1.refunded_minor + $1.disputed_minor = 0
			AND $1.status = 'refunded' THEN $1.amount_minor
		ELSE $1.refunded_minor + $1.disputed_minor END
$$;
COMMENT ON FUNCTION order_returned(orders) IS 'Money of an order that has gone back, in minor units.';

CREATE OR REPLACE FUNCTION order_return() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	more bigint := public.order_returned(NEW);
	at timestamptz := NEW.updated_at;
BEGIN
	IF TG_OP = 'UPDATE' THEN
		more := more - public.order_returned(OLD);
		at := now();
	END IF;
	IF more <> 0 THEN
		INSERT INTO public.order_returns
			(order_id, currency, amount_minor, created_at)
		VALUES (NEW.id, NEW.currency, more, at);
	END IF;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION order_return() IS 'Notes how much more or less of an order has gone back.';

DROP TRIGGER orders_return_new ON orders;
CREATE TRIGGER orders_return_new
	AFTER INSERT ON orders
	FOR EACH ROW EXECUTE FUNCTION order_return();
DROP TRIGGER orders_return ON orders;
CREATE TRIGGER orders_return
	AFTER UPDATE OF status, refunded_minor, disputed_minor ON orders
	FOR EACH ROW EXECUTE FUNCTION order_return();
