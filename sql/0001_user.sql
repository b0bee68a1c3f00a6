-- Who somebody is: users, the ways they sign in, their sessions.

-- Workers act as this role: no ownership, no DDL, no rewriting of history.
-- Roles belong to the cluster, so another database may have made it already.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tollgate_worker') THEN
		CREATE ROLE tollgate_worker NOLOGIN;
	END IF;
EXCEPTION
	WHEN duplicate_object OR unique_violation THEN NULL;
	WHEN insufficient_privilege THEN
		RAISE EXCEPTION 'role tollgate_worker is missing and may not be created here'
			USING HINT = 'As a superuser: CREATE ROLE tollgate_worker NOLOGIN; GRANT tollgate_worker TO the login of db.url and of db.admin_url;';
END $$;
DO $$
BEGIN
	IF NOT pg_has_role(current_user, 'tollgate_worker', 'MEMBER') THEN
		EXECUTE format('GRANT tollgate_worker TO %I', current_user);
	END IF;
END $$;
GRANT USAGE ON SCHEMA public TO tollgate_worker;

-- Substring search on a million users needs trigrams.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE users (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	name text NOT NULL,
	email text COLLATE "C" NOT NULL CHECK (email = lower(email) AND email <> ''),
	email_verified boolean NOT NULL DEFAULT false,
	image text,
	role text NOT NULL DEFAULT 'user' CHECK (role <> ''),
	banned boolean NOT NULL DEFAULT false,
	ban_reason text,
	ban_expires_at timestamptz(3),
	fields jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(fields) = 'object'),
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL,
	CHECK (banned OR (ban_reason IS NULL AND ban_expires_at IS NULL))
);
CREATE UNIQUE INDEX users_email_key ON users (email);
CREATE INDEX users_created_idx ON users (created_at, id);
CREATE INDEX users_role_idx ON users (role, created_at, id) WHERE role <> 'user';
CREATE INDEX users_banned_idx ON users (created_at, id) WHERE banned;
CREATE INDEX users_verified_idx ON users (email_verified, created_at, id);
CREATE INDEX users_search_idx ON users USING gin (email gin_trgm_ops, lower(name) gin_trgm_ops);

COMMENT ON TABLE users IS 'People and programs that can sign in.';
COMMENT ON COLUMN users.id IS '32 lower-case hex characters (UUIDv7); imported rows keep their old text.';
COMMENT ON COLUMN users.name IS 'As they call themselves; shown, never compared.';
COMMENT ON COLUMN users.email IS 'Lower case; unique.';
COMMENT ON COLUMN users.email_verified IS 'They have proved that they read mail sent to it.';
COMMENT ON COLUMN users.image IS 'Address of a picture, as given by the user.';
COMMENT ON COLUMN users.role IS 'Comma-separated roles; guard/permission.c says what a role may do.';
COMMENT ON COLUMN users.banned IS 'May not sign in while true and ban_expires_at has not passed.';
COMMENT ON COLUMN users.ban_reason IS 'For admins; never shown to the user.';
COMMENT ON COLUMN users.ban_expires_at IS 'End of the ban; null: for ever.';
COMMENT ON COLUMN users.fields IS 'Further fields named by the setting user.fields.';
COMMENT ON COLUMN users.created_at IS 'When they signed up or were imported.';
COMMENT ON COLUMN users.updated_at IS 'Last change of any column here.';

CREATE TABLE accounts (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
	provider_id text NOT NULL CHECK (provider_id <> ''),
	account_id text NOT NULL CHECK (account_id <> ''),
	password text,
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL,
	UNIQUE (provider_id, account_id),
	CHECK (provider_id <> 'credential' OR account_id = user_id)
);
CREATE INDEX accounts_user_idx ON accounts (user_id);

COMMENT ON TABLE accounts IS 'Ways a user signs in: a password, or an identity at a provider.';
COMMENT ON COLUMN accounts.id IS 'Id of this way.';
COMMENT ON COLUMN accounts.user_id IS 'Whose it is; ends with the user.';
COMMENT ON COLUMN accounts.provider_id IS '"credential" for e-mail and password, else the provider.';
COMMENT ON COLUMN accounts.account_id IS 'Subject at the provider; the user''s own id for "credential".';
COMMENT ON COLUMN accounts.password IS 'Hash in PHC or an imported format; null without password.';
COMMENT ON COLUMN accounts.created_at IS 'When it was added.';
COMMENT ON COLUMN accounts.updated_at IS 'Last change, a new password for one.';

CREATE TABLE sessions (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
	user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
	expires_at timestamptz(3) NOT NULL,
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL,
	ip_address text NOT NULL DEFAULT '',
	user_agent text NOT NULL DEFAULT '',
	impersonated_by text COLLATE "C" REFERENCES users ON DELETE CASCADE,
	fields jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(fields) = 'object'),
	CONSTRAINT sessions_token_key UNIQUE (token_hash)
);
CREATE INDEX sessions_user_idx ON sessions (user_id, created_at);
CREATE INDEX sessions_expires_idx ON sessions (expires_at);
CREATE INDEX sessions_impersonated_idx ON sessions (impersonated_by) WHERE impersonated_by IS NOT NULL;

COMMENT ON TABLE sessions IS 'One row a signed-in browser or program; no row, no entry.';
COMMENT ON COLUMN sessions.id IS 'Public handle of the session; it signs nobody in.';
COMMENT ON COLUMN sessions.token_hash IS 'SHA-256 of the token, which only its holder knows.';
COMMENT ON COLUMN sessions.user_id IS 'Who is signed in; ends with the user.';
COMMENT ON COLUMN sessions.expires_at IS 'End, moved by use (session.update_age).';
COMMENT ON COLUMN sessions.created_at IS 'When the user proved who they are; freshness counts from here.';
COMMENT ON COLUMN sessions.updated_at IS 'Last extension or change.';
COMMENT ON COLUMN sessions.ip_address IS 'Client address at sign-in; empty when unknown.';
COMMENT ON COLUMN sessions.user_agent IS 'User-Agent at sign-in; empty when absent.';
COMMENT ON COLUMN sessions.impersonated_by IS 'Admin who acts as the user; null in ordinary sessions.';
COMMENT ON COLUMN sessions.fields IS 'Further fields named by the setting session.fields.';

GRANT SELECT, INSERT, UPDATE ON users, accounts TO tollgate_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO tollgate_worker;
