-- Keys for programs: each acts as its user, within its own bounds.

CREATE TABLE api_keys (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
	key_hash bytea NOT NULL CHECK (octet_length(key_hash) = 32),
	start text NOT NULL,
	prefix text,
	name text,
	enabled boolean NOT NULL DEFAULT true,
	expires_at timestamptz(3),
	remaining bigint CHECK (remaining >= 0),
	refill_amount bigint CHECK (refill_amount > 0),
	refill_interval_ms bigint CHECK (refill_interval_ms > 0),
	last_refill_at timestamptz(3),
	rate_limit_enabled boolean NOT NULL,
	rate_limit_window_ms bigint NOT NULL CHECK (rate_limit_window_ms > 0),
	rate_limit_max bigint NOT NULL CHECK (rate_limit_max > 0),
	request_count bigint NOT NULL DEFAULT 0,
	last_request_at timestamptz(3),
	permissions jsonb CHECK (jsonb_typeof(permissions) = 'object'),
	metadata jsonb CHECK (jsonb_typeof(metadata) = 'object'),
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL,
	CONSTRAINT api_keys_hash_key UNIQUE (key_hash),
	CHECK ((refill_amount IS NULL) = (refill_interval_ms IS NULL))
-- Every use changes a row, and no index: there should be room beside it.
) WITH (fillfactor = 75);
CREATE INDEX api_keys_user_idx ON api_keys (user_id, created_at, id);

COMMENT ON TABLE api_keys IS 'Secrets that let programs act as their user.';
COMMENT ON COLUMN api_keys.id IS 'Public handle of the key (UUIDv7); it opens nothing.';
COMMENT ON COLUMN api_keys.user_id IS 'As whom it acts; ends with the user.';
COMMENT ON COLUMN api_keys.key_hash IS 'SHA-256 of the whole key, which only its holder knows.';
COMMENT ON COLUMN api_keys.start IS 'Its first characters, to tell keys apart by.';
COMMENT ON COLUMN api_keys.prefix IS 'What its owner put in front of the random part; null: nothing.';
COMMENT ON COLUMN api_keys.name IS 'As its owner calls it; null: nameless.';
COMMENT ON COLUMN api_keys.enabled IS 'Refused while false.';
COMMENT ON COLUMN api_keys.expires_at IS 'Refused from here on, and then deleted; null: never.';
COMMENT ON COLUMN api_keys.remaining IS 'Uses that are left until the next refill; null: any number.';
COMMENT ON COLUMN api_keys.refill_amount IS 'What remaining is set to by a refill; null: there is none.';
COMMENT ON COLUMN api_keys.refill_interval_ms IS 'Time between refills, milliseconds.';
COMMENT ON COLUMN api_keys.last_refill_at IS 'The latest refill; null: none since created_at.';
COMMENT ON COLUMN api_keys.rate_limit_enabled IS 'Whether the window and its maximum count.';
COMMENT ON COLUMN api_keys.rate_limit_window_ms IS 'A pause of more than this starts the count anew.';
COMMENT ON COLUMN api_keys.rate_limit_max IS 'Uses in one window.';
COMMENT ON COLUMN api_keys.request_count IS 'Uses in the present window.';
COMMENT ON COLUMN api_keys.last_request_at IS 'The latest use; null: none.';
COMMENT ON COLUMN api_keys.permissions IS 'Scopes, {"credits":["spend"]}; null: none.';
COMMENT ON COLUMN api_keys.metadata IS 'What its owner keeps with it; null: nothing.';
COMMENT ON COLUMN api_keys.created_at IS 'When it was made.';
COMMENT ON COLUMN api_keys.updated_at IS 'Last change by its owner.';

GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO tollgate_worker;
