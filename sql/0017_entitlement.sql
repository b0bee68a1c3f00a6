-- What somebody may use: entitlements, and licences, which bring some.

CREATE TABLE entitlements (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	owner_kind text NOT NULL CHECK (owner_kind IN ('user', 'organization')),
	owner_id text COLLATE "C" NOT NULL CHECK (owner_id <> ''),
	user_id text COLLATE "C" GENERATED ALWAYS AS
		(CASE owner_kind WHEN 'user' THEN owner_id END) STORED
		REFERENCES users ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (key ~ '^[a-z0-9][a-z0-9._:-]{0,63}$'),
	value jsonb NOT NULL CHECK (value <> 'null' AND octet_length(value::text) <= 1000),
	source text NOT NULL CHECK (source IN ('plan', 'admin', 'promo')),
	source_id text COLLATE "C" NOT NULL CHECK (octet_length(source_id) <= 255),
	expires_at timestamptz(3),
	granted_at timestamptz(3) NOT NULL,
	granted_by text COLLATE "C",
	CONSTRAINT entitlements_source_key
		UNIQUE (owner_id, owner_kind, source, source_id, key)
);
CREATE INDEX entitlements_user_idx ON entitlements (user_id);

COMMENT ON TABLE entitlements IS 'What an owner was given the use of. What counts of it, entitlements_of says.';
COMMENT ON COLUMN entitlements.id IS 'Id of the grant (UUIDv7).';
COMMENT ON COLUMN entitlements.owner_kind IS 'What the owner is.';
COMMENT ON COLUMN entitlements.owner_id IS 'Id of the user or organization.';
COMMENT ON COLUMN entitlements.user_id IS 'The owner when it is a user, with whom it ends.';
COMMENT ON COLUMN entitlements.key IS 'Name of what may be used, "reports.export".';
COMMENT ON COLUMN entitlements.value IS 'How: true, a number, a text, or more; never null.';
COMMENT ON COLUMN entitlements.source IS 'Whence it comes. A licence has no rows here: it is read itself.';
COMMENT ON COLUMN entitlements.source_id IS 'Which of them, a subscription''s id; empty: there is only one.';
COMMENT ON COLUMN entitlements.expires_at IS 'Does not count from here on; null: it has no end.';
COMMENT ON COLUMN entitlements.granted_at IS 'When it got this value.';
COMMENT ON COLUMN entitlements.granted_by IS 'User who gave it; null: the command line or the system itself.';

-- Pairs that sign licence files. They sign nothing else, and no key of tokens
-- signs licences.
CREATE TABLE licence_keys (
	id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{1,64}$'),
	public_key text NOT NULL CHECK (public_key <> ''),
	private_key bytea,
	created_at timestamptz(3) NOT NULL,
	replaced_at timestamptz(3),
	CHECK ((replaced_at IS NULL) = (private_key IS NOT NULL))
);
CREATE UNIQUE INDEX licence_keys_signing_key ON licence_keys ((true))
	WHERE replaced_at IS NULL;

COMMENT ON TABLE licence_keys IS 'Ed25519 pairs behind licence files; at most one signs.';
COMMENT ON COLUMN licence_keys.id IS 'The kid of its files (UUIDv7).';
COMMENT ON COLUMN licence_keys.public_key IS 'Public half, a JWK without alg and kid.';
COMMENT ON COLUMN licence_keys.private_key IS 'Private half, sealed; null once another has taken its place.';
COMMENT ON COLUMN licence_keys.created_at IS 'When it was made.';
COMMENT ON COLUMN licence_keys.replaced_at IS 'Signs nothing from here on, its files stay good; null: it signs.';

CREATE TABLE licences (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	owner_kind text NOT NULL CHECK (owner_kind IN ('user', 'organization')),
	owner_id text COLLATE "C" NOT NULL CHECK (owner_id <> ''),
	holder text NOT NULL CHECK (holder <> ''),
	type text NOT NULL CHECK (type IN ('free', 'pro', 'enterprise')),
	features jsonb NOT NULL CHECK (jsonb_typeof(features) = 'array'
		AND octet_length(features::text) <= 2000
		AND NOT jsonb_path_exists(features, 'strict $[*] ? (@.type() != "string"
			|| !(@ like_regex "^[a-z0-9][a-z0-9._:-]{0,63}$"))')),
	limits jsonb NOT NULL CHECK (jsonb_typeof(limits) = 'object'
		AND octet_length(limits::text) <= 2000
		AND NOT jsonb_path_exists(limits, 'strict $.keyvalue() ? (
			@.value.type() != "number" || @.value < 0
			|| @.value > 1000000000000000
			|| @.value.floor() != @.value
			|| !(@.key like_regex "^[a-z0-9][a-z0-9._:-]{0,63}$"))')),
	file text NOT NULL CHECK (file <> ''),
	issued_at timestamptz(3) NOT NULL,
	issued_by text COLLATE "C",
	expires_at timestamptz(3) CHECK (expires_at > issued_at),
	revoked_at timestamptz(3),
	reason text CHECK (char_length(reason) BETWEEN 1 AND 200),
	CHECK ((revoked_at IS NULL) = (reason IS NULL))
);
CREATE INDEX licences_issued_idx ON licences (issued_at, id);
CREATE INDEX licences_type_idx ON licences (type, issued_at, id);
CREATE INDEX licences_owner_idx ON licences (owner_id, owner_kind, issued_at, id);
CREATE INDEX licences_holder_idx ON licences USING gin (holder gin_trgm_ops);
CREATE INDEX licences_expires_idx ON licences (expires_at)
	WHERE revoked_at IS NULL;

COMMENT ON TABLE licences IS 'Licences as they were issued. No key to users: their files outlive them.';
COMMENT ON COLUMN licences.id IS 'Id of the licence (UUIDv7).';
COMMENT ON COLUMN licences.owner_kind IS 'What the owner is.';
COMMENT ON COLUMN licences.owner_id IS 'Id of the user or organization.';
COMMENT ON COLUMN licences.holder IS 'The owner''s address when it was issued, as the file has it.';
COMMENT ON COLUMN licences.type IS 'free, pro or enterprise.';
COMMENT ON COLUMN licences.features IS 'List of keys; each is an entitlement of value true.';
COMMENT ON COLUMN licences.limits IS 'Resource limits by key, whole numbers; each is an entitlement of that value, before a feature of the same key.';
COMMENT ON COLUMN licences.file IS 'The signed statement, a compact JWS, which its holder gets as a file.';
COMMENT ON COLUMN licences.issued_at IS 'When it was issued.';
COMMENT ON COLUMN licences.issued_by IS 'User who issued it; null: the command line or the system itself.';
COMMENT ON COLUMN licences.expires_at IS 'Does not count from here on; null: it has no end.';
COMMENT ON COLUMN licences.revoked_at IS 'When it was taken back; null: it was not.';
COMMENT ON COLUMN licences.reason IS 'Why it was taken back.';

CREATE FUNCTION licence_revoke() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION 'licence % is revoked', OLD.id
		USING ERRCODE = 'check_violation';
END $$;
COMMENT ON FUNCTION licence_revoke() IS 'What is revoked stays so.';

CREATE TRIGGER licences_revoke
	BEFORE UPDATE ON licences
	FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL)
	EXECUTE FUNCTION licence_revoke();

-- Plain SQL and STABLE, so that it becomes a part of the statement that asks.
CREATE FUNCTION entitlements_of(kind text, owner text, at timestamptz)
RETURNS TABLE (key text, value jsonb, source text, source_id text,
	expires_at timestamptz)
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT DISTINCT ON (g.key) g.key, g.value, g.source, g.source_id,
		g.expires_at
	FROM (
		SELECT e.key, e.value, e.source, e.source_id, e.expires_at,
			e.granted_at, e.id
		FROM entitlements e
		WHERE e.owner_id = owner AND e.owner_kind = kind
			AND (e.expires_at IS NULL OR e.expires_at > at)
		UNION ALL
		SELECT m.key, m.value, 'licence', l.id, l.expires_at,
			l.issued_at, l.id
		FROM licences l CROSS JOIN LATERAL (
			SELECT f, 'true'::jsonb
			FROM jsonb_array_elements_text(l.features) f
			UNION ALL
			SELECT k, v FROM jsonb_each(l.limits) j (k, v)
		) m (key, value)
		WHERE l.owner_id = owner AND l.owner_kind = kind
			AND l.revoked_at IS NULL
			AND (l.expires_at IS NULL OR l.expires_at > at)
	) g
	ORDER BY g.key,
		array_position(ARRAY['admin', 'licence', 'promo', 'plan'], g.source),
		g.expires_at DESC NULLS FIRST, g.granted_at DESC, g.id DESC, g.value;
END;
COMMENT ON FUNCTION entitlements_of(text, text, timestamptz) IS
	'What counts for an owner at an instant, one row a key. Of several grants of a key the source decides, admin before licence before promo before plan; then the latest end; then the newest.';

GRANT SELECT, INSERT, DELETE,
	UPDATE (value, expires_at, granted_at, granted_by)
	ON entitlements TO tollgate_worker;
GRANT SELECT, INSERT, UPDATE (private_key, replaced_at) ON licence_keys
	TO tollgate_worker;
GRANT SELECT, INSERT, UPDATE (revoked_at, reason) ON licences
	TO tollgate_worker;
