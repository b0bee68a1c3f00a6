-- What goes back counts when it goes. A part of an order, or a dispute, leaves
-- its updated_at, which is of its status, and may be weeks old by then.

CREATE OR REPLACE FUNCTION order_return() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	change bigint := public.order_returned(NEW);
	at timestamptz := NEW.updated_at;
BEGIN
	IF TG_OP = 'UPDATE' THEN
		change := change - public.order_returned(OLD);
		at := now();
	END IF;
	IF change <> 0 THEN
		INSERT INTO public.order_returns
			(order_id, currency, amount_minor, created_at)
		VALUES (NEW.id, NEW.currency, change, at);
	END IF;
	RETURN NULL;
END $$;
