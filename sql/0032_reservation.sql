-- Items that users reserve for a span of time, against credits.
--
-- A request holds the credits until its span begins; confirming captures them.
-- Requests may overlap. Confirmations of one item may not: the exclusion
-- constraint is what decides between two of them.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE items (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
	description text NOT NULL CHECK (char_length(description) <= 1000),
	price bigint NOT NULL CHECK (price BETWEEN 1 AND 1000000000000),
	unit text NOT NULL CHECK (unit IN ('hour', 'reservation')),
	active boolean NOT NULL,
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL
);
CREATE UNIQUE INDEX items_name_key ON items (lower(name));
CREATE INDEX items_created_idx ON items (created_at, id);

COMMENT ON TABLE items IS 'What can be reserved; used when reservations.enabled is on.';
COMMENT ON COLUMN items.id IS 'Id of the item (UUIDv7).';
COMMENT ON COLUMN items.name IS 'What people call it; one of a name, whatever its case.';
COMMENT ON COLUMN items.description IS 'More about it; may be empty.';
COMMENT ON COLUMN items.price IS 'Credits a unit.';
COMMENT ON COLUMN items.unit IS 'What the price is for: each hour begun, or a reservation however long.';
COMMENT ON COLUMN items.active IS 'Whether it can be reserved.';
COMMENT ON COLUMN items.created_at IS 'When it was made.';
COMMENT ON COLUMN items.updated_at IS 'Last change.';

CREATE TABLE reservation_moves (
	from_state text NOT NULL,
	to_state text NOT NULL,
	PRIMARY KEY (from_state, to_state)
);
INSERT INTO reservation_moves VALUES
	('requested', 'confirmed'),
	('requested', 'cancelled'),
	('requested', 'lapsed'),
	('confirmed', 'cancelled');

COMMENT ON TABLE reservation_moves IS 'The ways a reservation may go; any other is refused.';
COMMENT ON COLUMN reservation_moves.from_state IS 'State before.';
COMMENT ON COLUMN reservation_moves.to_state IS 'State after.';

CREATE TABLE reservations (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	item_id text COLLATE "C" NOT NULL REFERENCES items,
	user_id text COLLATE "C" REFERENCES users ON DELETE SET NULL,
	email text NOT NULL CHECK (email <> ''),
	starts_at timestamptz(3) NOT NULL,
	ends_at timestamptz(3) NOT NULL,
	credits bigint NOT NULL CHECK (credits > 0),
	state text NOT NULL DEFAULT 'requested'
		CHECK (state IN ('requested', 'confirmed', 'cancelled', 'lapsed')),
	hold_id text COLLATE "C" NOT NULL UNIQUE REFERENCES holds,
	capture_id text COLLATE "C" UNIQUE REFERENCES transfers,
	reason text CHECK (char_length(reason) BETWEEN 1 AND 200),
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL,
	CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '744 hours'),
	CHECK (starts_at > created_at),
	CHECK (state <> 'confirmed' OR capture_id IS NOT NULL),
	CONSTRAINT reservations_once EXCLUDE USING gist
		(item_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
		WHERE (state = 'confirmed')
);
CREATE UNIQUE INDEX reservations_asked_key
	ON reservations (user_id, item_id, starts_at, ends_at)
	WHERE state IN ('requested', 'confirmed');
CREATE INDEX reservations_starts_idx ON reservations (starts_at, id);
CREATE INDEX reservations_state_idx ON reservations (state, starts_at, id);
CREATE INDEX reservations_item_idx ON reservations (item_id, starts_at, id);
CREATE INDEX reservations_user_idx ON reservations (user_id, starts_at, id);

COMMENT ON TABLE reservations IS 'Who asked for which item and when, and what became of it.';
COMMENT ON CONSTRAINT reservations_once ON reservations IS 'An item is confirmed to one at a time.';
COMMENT ON COLUMN reservations.id IS 'Id of the reservation (UUIDv7).';
COMMENT ON COLUMN reservations.item_id IS 'What is reserved.';
COMMENT ON COLUMN reservations.user_id IS 'For whom; null: that user has been deleted since.';
COMMENT ON COLUMN reservations.email IS 'Their address at that moment; stays when they go.';
COMMENT ON COLUMN reservations.starts_at IS 'When it begins, which is when its hold expires.';
COMMENT ON COLUMN reservations.ends_at IS 'When it is over: somebody else''s may begin then.';
COMMENT ON COLUMN reservations.credits IS 'What it costs, by the price at that moment.';
COMMENT ON COLUMN reservations.state IS 'Where it stands; moves only along reservation_moves. One that is requested and has begun counts as lapsed, marked or not.';
COMMENT ON COLUMN reservations.hold_id IS 'Hold of the credits.';
COMMENT ON COLUMN reservations.capture_id IS 'Transfer that captured them; null: none has.';
COMMENT ON COLUMN reservations.reason IS 'Why an administrator cancelled it; null: no reason was given.';
COMMENT ON COLUMN reservations.created_at IS 'When it was asked for.';
COMMENT ON COLUMN reservations.updated_at IS 'Last change of state.';

-- No state without the transfer that goes with it.
CREATE FUNCTION reservation_move() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM public.reservation_moves
	    WHERE from_state = OLD.state AND to_state = NEW.state) THEN
		RAISE EXCEPTION 'a reservation does not move from % to %',
			OLD.state, NEW.state USING ERRCODE = 'check_violation';
	END IF;
	IF NOT (CASE NEW.state
	    WHEN 'lapsed' THEN OLD.starts_at <= NEW.updated_at
	    WHEN 'confirmed' THEN EXISTS (SELECT FROM public.transfers
		WHERE id = NEW.capture_id AND kind = 'capture'
			AND origin_id = OLD.hold_id)
	    ELSE EXISTS (SELECT FROM public.transfers
		WHERE kind = CASE OLD.state
			WHEN 'confirmed' THEN 'refund' ELSE 'release' END
			AND origin_id = coalesce(OLD.capture_id, OLD.hold_id))
	    END) THEN
		RAISE EXCEPTION 'a reservation is not % without its credits',
			NEW.state USING ERRCODE = 'check_violation';
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION reservation_move() IS 'Holds reservations.state to the table of moves and to the ledger.';

CREATE TRIGGER reservations_move
	BEFORE UPDATE OF state ON reservations
	FOR EACH ROW WHEN (OLD.state <> NEW.state)
	EXECUTE FUNCTION reservation_move();

GRANT SELECT ON reservation_moves TO tollgate_worker;
GRANT SELECT, INSERT, UPDATE (name, description, price, unit, active, updated_at)
	ON items TO tollgate_worker;
GRANT SELECT, INSERT (id, item_id, user_id, email, starts_at, ends_at, credits,
		hold_id, created_at, updated_at),
	UPDATE (state, capture_id, reason, updated_at)
	ON reservations TO tollgate_worker;
