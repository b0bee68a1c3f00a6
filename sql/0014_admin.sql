-- As whom an administrator acted, and how many users there are.

ALTER TABLE audit ADD COLUMN as_id text COLLATE "C";
COMMENT ON COLUMN audit.as_id IS 'User as whom the actor did it, impersonating; null: as himself.';

-- Counting a million rows takes longer than a list of them may. Every backend
-- adds to one of 64 rows, so that two who sign up seldom wait for each other.
CREATE TABLE user_counts (
	slot integer PRIMARY KEY CHECK (slot BETWEEN 0 AND 63),
	users bigint NOT NULL
) WITH (fillfactor = 10);	-- a change finds room beside its row
INSERT INTO user_counts SELECT slot, 0 FROM generate_series(0, 63) slot;
UPDATE user_counts SET users = (SELECT count(*) FROM users) WHERE slot = 0;

COMMENT ON TABLE user_counts IS 'The number of users is the sum of these.';
COMMENT ON COLUMN user_counts.slot IS 'Chosen by the backend that adds or deletes.';
COMMENT ON COLUMN user_counts.users IS 'Added here less deleted here; negative where more were deleted.';

CREATE FUNCTION users_counted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF TG_OP = 'TRUNCATE' THEN
		UPDATE public.user_counts SET users = 0;
	ELSE
		UPDATE public.user_counts SET users = users + CASE TG_OP
			WHEN 'INSERT' THEN 1 ELSE -1 END *
			(SELECT count(*) FROM changed)
		-- A taken address adds nobody, and waits for nobody.
		WHERE slot = pg_backend_pid() % 64
			AND EXISTS (SELECT FROM changed);
	END IF;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION users_counted() IS 'Keeps user_counts right.';
REVOKE EXECUTE ON FUNCTION users_counted() FROM PUBLIC;

CREATE TRIGGER users_count_added
	AFTER INSERT ON users REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION users_counted();
CREATE TRIGGER users_count_deleted
	AFTER DELETE ON users REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION users_counted();
CREATE TRIGGER users_count_emptied
	AFTER TRUNCATE ON users
	FOR EACH STATEMENT EXECUTE FUNCTION users_counted();

GRANT SELECT ON user_counts TO tollgate_worker;
