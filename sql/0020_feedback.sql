-- What users tell the operators, and what they are answered.

CREATE TABLE feedback_moves (
	from_state text NOT NULL,
	to_state text NOT NULL,
	PRIMARY KEY (from_state, to_state)
);
INSERT INTO feedback_moves VALUES
	('open', 'answered'),
	('open', 'closed'),
	('answered', 'closed'),
	('answered', 'open'),
	('closed', 'open');

COMMENT ON TABLE feedback_moves IS 'The ways a feedback may go; any other is refused.';
COMMENT ON COLUMN feedback_moves.from_state IS 'State before.';
COMMENT ON COLUMN feedback_moves.to_state IS 'State after.';

CREATE TABLE feedbacks (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
	rating smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
	subject text NOT NULL CHECK (char_length(subject) BETWEEN 1 AND 120),
	text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 4000),
	state text NOT NULL DEFAULT 'open'
		CHECK (state IN ('open', 'answered', 'closed')),
	answer text CHECK (char_length(answer) BETWEEN 1 AND 4000),
	answered_by text COLLATE "C",
	answered_at timestamptz(3),
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL,
	CHECK ((answer IS NULL) = (answered_at IS NULL)),
	CHECK (state <> 'answered' OR answer IS NOT NULL)
);
CREATE INDEX feedbacks_created_idx ON feedbacks (created_at, id) INCLUDE (rating);
CREATE INDEX feedbacks_state_idx ON feedbacks (state, created_at, id);
CREATE INDEX feedbacks_rating_idx ON feedbacks (rating, created_at, id);
CREATE INDEX feedbacks_user_idx ON feedbacks (user_id, created_at, id);
CREATE INDEX feedbacks_words_idx ON feedbacks
	USING gin (lower(subject || ' ' || text) gin_trgm_ops);

COMMENT ON TABLE feedbacks IS 'What users think, and what they were answered; used when feedback.enabled is on.';
COMMENT ON COLUMN feedbacks.id IS 'Id of the feedback (UUIDv7).';
COMMENT ON COLUMN feedbacks.user_id IS 'Who wrote it; ends with the user.';
COMMENT ON COLUMN feedbacks.rating IS '1, poor, to 5, excellent.';
COMMENT ON COLUMN feedbacks.subject IS 'What it is about.';
COMMENT ON COLUMN feedbacks.text IS 'As it was typed.';
COMMENT ON COLUMN feedbacks.state IS 'Where it stands; moves only along feedback_moves.';
COMMENT ON COLUMN feedbacks.answer IS 'The last answer; earlier ones are in the audit trail. Null: none.';
COMMENT ON COLUMN feedbacks.answered_by IS 'Admin who gave it.';
COMMENT ON COLUMN feedbacks.answered_at IS 'When it was given.';
COMMENT ON COLUMN feedbacks.created_at IS 'When it was sent.';
COMMENT ON COLUMN feedbacks.updated_at IS 'When it was last answered, closed or reopened.';

CREATE FUNCTION feedback_move() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM public.feedback_moves
	    WHERE from_state = OLD.state AND to_state = NEW.state) THEN
		RAISE EXCEPTION 'a feedback does not move from % to %',
			OLD.state, NEW.state USING ERRCODE = 'check_violation';
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION feedback_move() IS 'Holds feedbacks.state to the table of moves.';

CREATE TRIGGER feedbacks_move
	BEFORE UPDATE OF state ON feedbacks
	FOR EACH ROW WHEN (OLD.state <> NEW.state)
	EXECUTE FUNCTION feedback_move();

GRANT SELECT ON feedback_moves TO tollgate_worker;
GRANT SELECT, INSERT (id, user_id, rating, subject, text, created_at, updated_at),
	UPDATE (state, answer, answered_by, answered_at, updated_at)
	ON feedbacks TO tollgate_worker;
