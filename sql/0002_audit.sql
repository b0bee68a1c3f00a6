-- Who did what to whom. Rows are written by the transaction they describe.

-- For every table that is history: nobody rewrites it, not even its owner.
CREATE FUNCTION refuse_rewriting() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
		USING ERRCODE = 'insufficient_privilege';
END $$;
COMMENT ON FUNCTION refuse_rewriting() IS 'Trigger of append-only tables, before UPDATE, DELETE and TRUNCATE.';

CREATE TABLE audit (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	actor_id text COLLATE "C",
	action text NOT NULL CHECK (action ~ '^[a-z]+\.[a-z-]+$'),
	target_type text NOT NULL CHECK (target_type <> ''),
	target_id text COLLATE "C" NOT NULL CHECK (target_id <> ''),
	before jsonb CHECK (jsonb_typeof(before) = 'object'),
	after jsonb CHECK (jsonb_typeof(after) = 'object'),
	request_id text,
	address text,
	created_at timestamptz(3) NOT NULL
);
CREATE INDEX audit_target_idx ON audit (target_type, target_id, created_at, id);
CREATE INDEX audit_actor_idx ON audit (actor_id, created_at, id);
CREATE INDEX audit_created_idx ON audit (created_at, id);

CREATE TRIGGER audit_append_only
	BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
-- Whoever sets session_replication_role does not get round it, either.
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_append_only;

COMMENT ON TABLE audit IS 'What was changed by whom; append-only. Refers to nothing, so it outlives everything.';
COMMENT ON COLUMN audit.id IS 'Id of the entry (UUIDv7).';
COMMENT ON COLUMN audit.actor_id IS 'User who did it; null: the command line or the system itself.';
COMMENT ON COLUMN audit.action IS 'Noun and verb, "credit.grant".';
COMMENT ON COLUMN audit.target_type IS 'What target_id is the id of, "user".';
COMMENT ON COLUMN audit.target_id IS 'Whom or what it was done to.';
COMMENT ON COLUMN audit.before IS 'The members that changed, as they were; null: there was nothing.';
COMMENT ON COLUMN audit.after IS 'The same members afterwards; null: there is nothing left.';
COMMENT ON COLUMN audit.request_id IS 'Request that did it, as in the log; null outside of one.';
COMMENT ON COLUMN audit.address IS 'Client address; null when unknown.';
COMMENT ON COLUMN audit.created_at IS 'When it was done.';

GRANT SELECT, INSERT ON audit TO tollgate_worker;
