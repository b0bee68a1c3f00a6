-- Keys that sign tokens for programs.

CREATE TABLE signing_keys (
	id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{1,64}$'),
	alg text COLLATE "C" NOT NULL CHECK (alg IN ('RS256', 'ES256', 'EdDSA')),
	number integer NOT NULL CHECK (number > 0),
	public_key text NOT NULL CHECK (public_key <> ''),
	private_key bytea,
	created_at timestamptz(3) NOT NULL,
	expires_at timestamptz(3),
	retired_at timestamptz(3),
	CONSTRAINT signing_keys_number_key UNIQUE (alg, number),
	CHECK (retired_at IS NULL OR private_key IS NULL)
);

COMMENT ON TABLE signing_keys IS 'Key pairs behind the tokens; verifiers fetch the public halves.';
COMMENT ON COLUMN signing_keys.id IS 'The kid of its tokens (UUIDv7).';
COMMENT ON COLUMN signing_keys.alg IS 'The one algorithm it is used with (RFC 7518, RFC 8037).';
COMMENT ON COLUMN signing_keys.number IS 'Position among the keys of the algorithm; makers of the same next key collide here.';
COMMENT ON COLUMN signing_keys.public_key IS 'Public half, a JWK without alg and kid.';
COMMENT ON COLUMN signing_keys.private_key IS 'Private half, sealed; null once it signs nothing any more.';
COMMENT ON COLUMN signing_keys.created_at IS 'When it was made.';
COMMENT ON COLUMN signing_keys.expires_at IS 'Signs nothing from here on, verifies for jwt.grace_seconds more; null: no end.';
COMMENT ON COLUMN signing_keys.retired_at IS 'Withdrawn by an admin: verifies nothing any more; null: it was not.';

GRANT SELECT, INSERT, UPDATE (private_key, expires_at, retired_at) ON signing_keys
	TO tollgate_worker;
