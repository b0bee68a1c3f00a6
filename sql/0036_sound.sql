-- A plan gives nothing that cannot be given.

CREATE FUNCTION entitlements_sound(entitlements jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(bool_and(key ~ '^[a-z0-9][a-z0-9._:-]{0,63}$'
	AND value <> 'null' AND octet_length(value::text) <= 1000), true)
	FROM jsonb_each(entitlements));
COMMENT ON FUNCTION entitlements_sound(jsonb) IS 'Whether each member of an object may be a row of entitlements.';

-- Plans that are there may be unsound; they are mended when they are saved.
ALTER TABLE plans ADD CONSTRAINT plans_entitlements_sound
	CHECK (CASE jsonb_typeof(entitlements)
		WHEN 'object' THEN entitlements_sound(entitlements) END) NOT VALID;
