-- Proofs that are sent out and come back once: reset links, one-time tokens.

CREATE TABLE verifications (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	identifier_hash bytea NOT NULL CHECK (octet_length(identifier_hash) = 32),
	value bytea NOT NULL,
	user_id text COLLATE "C",
	expires_at timestamptz(3) NOT NULL,
	created_at timestamptz(3) NOT NULL,
	CONSTRAINT verifications_identifier_key UNIQUE (identifier_hash)
);
CREATE INDEX verifications_expires_idx ON verifications (expires_at);
CREATE INDEX verifications_user_idx ON verifications (user_id);

COMMENT ON TABLE verifications IS 'Short-lived, single use: what a secret that was handed out stands for.';
COMMENT ON COLUMN verifications.id IS 'Id of the row (UUIDv7).';
COMMENT ON COLUMN verifications.identifier_hash IS 'SHA-256 of "purpose:secret", which only its holder knows.';
COMMENT ON COLUMN verifications.value IS 'What it stands for, sealed with a key that needs the secret, too.';
COMMENT ON COLUMN verifications.user_id IS 'Whose account it opens; ends with the user. Null: nobody''s.';
COMMENT ON COLUMN verifications.expires_at IS 'Useless from here on; the janitor removes it.';
COMMENT ON COLUMN verifications.created_at IS 'When it was handed out.';

-- Not by a foreign key: its check, like an index of some rows only, would cost
-- those that are somebody's more than those made up for an address nobody has,
-- and many answers would tell the two apart by their time.
CREATE FUNCTION verifications_end() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	DELETE FROM public.verifications WHERE user_id = OLD.id;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION verifications_end() IS 'Removes the proofs of a user who is deleted.';

CREATE TRIGGER users_verifications_end
	AFTER DELETE ON users
	FOR EACH ROW EXECUTE FUNCTION verifications_end();

GRANT SELECT, INSERT, DELETE ON verifications TO tollgate_worker;
-- Who proves it may delete their account; what hangs on it goes along. Of
-- several ways to sign in, one may be given up.
GRANT DELETE ON users, accounts TO tollgate_worker;
