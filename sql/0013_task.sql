-- A demonstration: an API whose callers prove who they are by token or session.

CREATE TABLE tasks (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
	title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
	description text CHECK (char_length(description) <= 2000),
	completed boolean NOT NULL,
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL
);
CREATE INDEX tasks_user_idx ON tasks (user_id, created_at, id);

COMMENT ON TABLE tasks IS 'Things users have to do; used when tasks.enabled is on.';
COMMENT ON COLUMN tasks.id IS 'Id of the task (UUIDv7).';
COMMENT ON COLUMN tasks.user_id IS 'Whose it is; ends with the user.';
COMMENT ON COLUMN tasks.title IS 'What is to be done.';
COMMENT ON COLUMN tasks.description IS 'More about it; null: nothing.';
COMMENT ON COLUMN tasks.completed IS 'Whether it is done.';
COMMENT ON COLUMN tasks.created_at IS 'When it was added.';
COMMENT ON COLUMN tasks.updated_at IS 'When it was last changed.';

GRANT SELECT, INSERT, UPDATE, DELETE ON tasks TO tollgate_worker;
