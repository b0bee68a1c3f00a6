-- The session in which an administrator began to act as another.

ALTER TABLE sessions ADD COLUMN began_in text COLLATE "C"
	REFERENCES sessions ON DELETE CASCADE
	CHECK (began_in IS NULL OR impersonated_by IS NOT NULL);
CREATE INDEX sessions_began_idx ON sessions (began_in)
	WHERE began_in IS NOT NULL;

COMMENT ON COLUMN sessions.began_in IS
	'Session of the admin who acts as the user, and ends with it; null in ordinary sessions.';
