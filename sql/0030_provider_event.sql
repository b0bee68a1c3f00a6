-- What payment providers have told us, and what it came to.

CREATE TABLE provider_events (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	provider text NOT NULL CHECK (provider IN ('stripe')),
	event_id text COLLATE "C" NOT NULL CHECK (octet_length(event_id) BETWEEN 1 AND 255),
	type text COLLATE "C" NOT NULL CHECK (type ~ '^[a-z0-9_.]{1,100}$'),
	created_at timestamptz(3) NOT NULL,
	received_at timestamptz(3) NOT NULL,
	deliveries bigint NOT NULL DEFAULT 1 CHECK (deliveries > 0),
	body text NOT NULL CHECK (octet_length(body) BETWEEN 1 AND 67108864),
	applied_at timestamptz(3),
	effect text,
	error text CHECK (octet_length(error) BETWEEN 1 AND 1000),
	CONSTRAINT provider_events_event_key UNIQUE (provider, event_id, type),
	CHECK ((applied_at IS NULL) = (effect IS NULL)),
	CHECK (applied_at IS NULL OR error IS NULL)
);
CREATE INDEX provider_events_received_idx ON provider_events (received_at, id);
CREATE INDEX provider_events_type_idx ON provider_events (type, received_at, id);
CREATE INDEX provider_events_failed_idx ON provider_events (received_at, id)
	WHERE applied_at IS NULL;

COMMENT ON TABLE provider_events IS 'Events of payment providers, each of which has its effect once.';
COMMENT ON COLUMN provider_events.id IS 'Id of the row (UUIDv7).';
COMMENT ON COLUMN provider_events.provider IS 'Who told it.';
COMMENT ON COLUMN provider_events.event_id IS 'Its id there; with type it tells one event from others.';
COMMENT ON COLUMN provider_events.type IS 'What happened, in the provider''s words.';
COMMENT ON COLUMN provider_events.created_at IS 'When it happened, as the provider says.';
COMMENT ON COLUMN provider_events.received_at IS 'When it came first.';
COMMENT ON COLUMN provider_events.deliveries IS 'How often it came.';
COMMENT ON COLUMN provider_events.body IS 'The event as it was signed, byte for byte.';
COMMENT ON COLUMN provider_events.applied_at IS 'When its effect was made, in the same transaction; null: it has none yet.';
COMMENT ON COLUMN provider_events.effect IS 'What it was about: payment, subscription, credits; none: nothing of ours.';
COMMENT ON COLUMN provider_events.error IS 'Why it has no effect; it is tried again whenever it comes again.';

CREATE FUNCTION provider_event_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION 'event % has had its effect', OLD.event_id
		USING ERRCODE = 'check_violation';
END $$;
COMMENT ON FUNCTION provider_event_once() IS 'Keeps an event from a second effect.';

CREATE TRIGGER provider_events_once
	BEFORE UPDATE OF applied_at, effect ON provider_events
	FOR EACH ROW WHEN (OLD.applied_at IS NOT NULL)
	EXECUTE FUNCTION provider_event_once();

GRANT SELECT, INSERT, DELETE, UPDATE (deliveries, applied_at, effect, error)
	ON provider_events TO tollgate_worker;
