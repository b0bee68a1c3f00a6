-- Limits counted for all hosts together (rate_limit.storage = database).

-- Unlogged: a crash forgets some counts, which costs less than writing every
-- request to the log of the database. No index but the key: with room in its
-- page a row is changed without touching any. Instants are the database's own,
-- and whole: rounding one up would keep somebody waiting who need not.
CREATE UNLOGGED TABLE limits (
	key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
	count integer NOT NULL CHECK (count >= 0),
	last_at timestamptz NOT NULL,
	forget_at timestamptz NOT NULL
) WITH (fillfactor = 50);

COMMENT ON TABLE limits IS 'How often something has happened lately; losing it costs some counts.';
COMMENT ON COLUMN limits.key IS 'SHA-256 of address and path, of account, or of network.';
COMMENT ON COLUMN limits.count IS 'Times, since the count began.';
COMMENT ON COLUMN limits.last_at IS 'When the last of them was.';
COMMENT ON COLUMN limits.forget_at IS 'The count begins anew from here on; the janitor removes the row.';

GRANT SELECT, INSERT, UPDATE, DELETE ON limits TO tollgate_worker;
