-- Orders of credits. Payment providers come with their own tables later.

CREATE TABLE order_moves (
	from_status text NOT NULL,
	to_status text NOT NULL,
	PRIMARY KEY (from_status, to_status)
);
INSERT INTO order_moves VALUES
	('created', 'paid'),
	('created', 'deleted'),
	('paid', 'refunded');

COMMENT ON TABLE order_moves IS 'The ways an order may go; any other is refused.';
COMMENT ON COLUMN order_moves.from_status IS 'Status before.';
COMMENT ON COLUMN order_moves.to_status IS 'Status after.';

CREATE TABLE orders (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	user_id text COLLATE "C" REFERENCES users ON DELETE SET NULL,
	email text NOT NULL CHECK (email <> ''),
	status text NOT NULL DEFAULT 'created'
		CHECK (status IN ('created', 'paid', 'refunded', 'deleted')),
	description text NOT NULL,
	credits bigint NOT NULL CHECK (credits BETWEEN 0 AND 1000000000000000),
	amount_minor bigint NOT NULL CHECK (amount_minor BETWEEN 0 AND 1000000000000000),
	currency text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	created_at timestamptz(3) NOT NULL,
	paid_at timestamptz(3),
	updated_at timestamptz(3) NOT NULL,
	CHECK ((paid_at IS NOT NULL) = (status IN ('paid', 'refunded')))
);
CREATE INDEX orders_created_idx ON orders (created_at, id);
CREATE INDEX orders_status_idx ON orders (status, created_at, id);
CREATE INDEX orders_user_idx ON orders (user_id, created_at, id);
CREATE INDEX orders_paid_idx ON orders (paid_at) INCLUDE (status, currency, amount_minor) WHERE paid_at IS NOT NULL;

COMMENT ON TABLE orders IS 'Credits somebody buys or has bought.';
COMMENT ON COLUMN orders.id IS 'Id of the order (UUIDv7).';
COMMENT ON COLUMN orders.user_id IS 'Who ordered; null: that user has been deleted since.';
COMMENT ON COLUMN orders.email IS 'Their address at that moment; stays when they go.';
COMMENT ON COLUMN orders.status IS 'Where it stands; moves only along order_moves.';
COMMENT ON COLUMN orders.description IS 'What is bought, as the buyer read it.';
COMMENT ON COLUMN orders.credits IS 'Credits bought.';
COMMENT ON COLUMN orders.amount_minor IS 'Price in minor units of the currency (cents).';
COMMENT ON COLUMN orders.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN orders.created_at IS 'When it was placed.';
COMMENT ON COLUMN orders.paid_at IS 'When the money came; null: it has not.';
COMMENT ON COLUMN orders.updated_at IS 'Last change of status.';

CREATE FUNCTION order_move() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM public.order_moves
	    WHERE from_status = OLD.status AND to_status = NEW.status) THEN
		RAISE EXCEPTION 'an order does not move from % to %',
			OLD.status, NEW.status USING ERRCODE = 'check_violation';
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION order_move() IS 'Holds orders.status to the table of moves.';

CREATE TRIGGER orders_move
	BEFORE UPDATE OF status ON orders
	FOR EACH ROW WHEN (OLD.status <> NEW.status)
	EXECUTE FUNCTION order_move();

GRANT SELECT ON order_moves TO tollgate_worker;
GRANT SELECT, INSERT, UPDATE (status, paid_at, updated_at) ON orders TO tollgate_worker;
