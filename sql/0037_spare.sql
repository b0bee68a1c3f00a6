-- What nothing asks for.

-- holds_open_created_idx (0022) has the same columns, and the rest of a row.
DROP INDEX holds_created_open_idx;

-- Only the import writes passkeys, as the owner, and nothing reads them yet.
REVOKE ALL ON passkeys FROM tollgate_worker;
