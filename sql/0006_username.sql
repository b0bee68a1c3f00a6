-- Names to sign in by, beside the e-mail address.

ALTER TABLE users
	ADD COLUMN username text COLLATE "C" CHECK (username <> ''),
	ADD COLUMN display_username text,
	ADD CONSTRAINT users_username_key UNIQUE (username);

COMMENT ON COLUMN users.username IS 'Name to sign in by, lower case; unique; null: none.';
COMMENT ON COLUMN users.display_username IS 'The same as its owner writes it, or another name to show; null: none.';
