-- Keys that authenticators hold (WebAuthn). So far they are imported only.

CREATE TABLE passkeys (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
	name text,
	credential_id text COLLATE "C" NOT NULL CHECK (credential_id ~ '^[A-Za-z0-9_-]+$'),
	public_key bytea NOT NULL CHECK (octet_length(public_key) > 0),
	counter bigint NOT NULL CHECK (counter BETWEEN 0 AND 4294967295),
	device_type text NOT NULL CHECK (device_type IN ('singleDevice', 'multiDevice')),
	backed_up boolean NOT NULL,
	transports text NOT NULL DEFAULT '',
	aaguid text,
	created_at timestamptz(3) NOT NULL,
	CONSTRAINT passkeys_credential_key UNIQUE (credential_id)
);
CREATE INDEX passkeys_user_idx ON passkeys (user_id, created_at, id);

COMMENT ON TABLE passkeys IS 'Public halves of the keys users sign in with; one row a key.';
COMMENT ON COLUMN passkeys.id IS 'Id of the key; imported rows keep their old text.';
COMMENT ON COLUMN passkeys.user_id IS 'Whose it is; ends with the user.';
COMMENT ON COLUMN passkeys.name IS 'As its owner calls it; null: nameless.';
COMMENT ON COLUMN passkeys.credential_id IS 'Name the authenticator gave it, base64url without padding; unique.';
COMMENT ON COLUMN passkeys.public_key IS 'COSE_Key, as the authenticator sent it.';
COMMENT ON COLUMN passkeys.counter IS 'Signatures the authenticator has counted; a smaller one is a copy''s.';
COMMENT ON COLUMN passkeys.device_type IS 'singleDevice: bound to it; multiDevice: may be synchronized.';
COMMENT ON COLUMN passkeys.backed_up IS 'It has been synchronized or backed up.';
COMMENT ON COLUMN passkeys.transports IS 'How it can be reached, joined by commas; empty: unknown.';
COMMENT ON COLUMN passkeys.aaguid IS 'Model of the authenticator, as a UUID; null: unknown.';
COMMENT ON COLUMN passkeys.created_at IS 'When it was registered.';

GRANT SELECT, INSERT, UPDATE, DELETE ON passkeys TO tollgate_worker;
