-- An import is one long transaction. Whoever had its row of user_counts waited
-- for it, and was told to come again.

ALTER TABLE user_counts DROP CONSTRAINT user_counts_slot_check;
ALTER TABLE user_counts ADD CHECK (slot >= 0);
ALTER TABLE user_counts
	ALTER COLUMN slot ADD GENERATED ALWAYS AS IDENTITY (START 64);

COMMENT ON TABLE user_counts IS
	'The number of users is the sum of these, of which there are as many as transactions ever counted at once.';
COMMENT ON COLUMN user_counts.slot IS
	'Chosen by the transaction that adds or deletes: one that no other has.';

CREATE OR REPLACE FUNCTION users_counted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	more bigint;
	free integer;
BEGIN
	IF TG_OP = 'TRUNCATE' THEN
		UPDATE public.user_counts SET users = 0;
		RETURN NULL;
	END IF;
	more := (SELECT count(*) FROM changed);
	-- A taken address adds nobody.
	IF more = 0 THEN
		RETURN NULL;
	END IF;
	IF TG_OP = 'DELETE' THEN
		more := -more;
	END IF;
	-- Usually the backend's own; it waits for none that another has.
	SELECT slot INTO free FROM public.user_counts
		ORDER BY slot % 64 <> pg_backend_pid() % 64
		LIMIT 1 FOR UPDATE SKIP LOCKED;
	IF FOUND THEN
		UPDATE public.user_counts SET users = users + more
		WHERE slot = free;
	ELSE
		INSERT INTO public.user_counts (users) VALUES (more);
	END IF;
	RETURN NULL;
END $$;
