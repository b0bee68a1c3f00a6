-- Mail, written in the transaction of what it tells and sent by the mailer.

CREATE TABLE letters (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	kind text NOT NULL CHECK (kind ~ '^[a-z]+(-[a-z]+)*$'),
	user_id text COLLATE "C",
	recipient text COLLATE "C" NOT NULL CHECK (recipient ~ '^[^[:cntrl:][:space:]]+$'),
	subject text NOT NULL CHECK (subject <> '' AND subject !~ '[[:cntrl:]]'),
	message_id text COLLATE "C" NOT NULL CHECK (message_id ~ '^<[^[:cntrl:][:space:]<>]+>$'),
	body bytea,
	state text NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'dropped', 'decoy')),
	attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
	doubts integer NOT NULL DEFAULT 0 CHECK (doubts >= 0),
	error text,
	created_at timestamptz(3) NOT NULL,
	queued_at timestamptz(3) NOT NULL,
	next_at timestamptz(3),
	sent_at timestamptz(3),
	CHECK ((body IS NULL) = (state IN ('sent', 'dropped'))),
	CHECK ((next_at IS NOT NULL) = (state IN ('queued', 'sending'))),
	CHECK ((sent_at IS NOT NULL) = (state = 'sent'))
);
-- All rows: a decoy must cost what a letter costs.
CREATE INDEX letters_next_idx ON letters (next_at, id);
CREATE INDEX letters_created_idx ON letters (created_at, id);
CREATE INDEX letters_state_idx ON letters (state, created_at, id);
CREATE INDEX letters_recipient_idx ON letters (recipient, created_at);
CREATE INDEX letters_doubts_idx ON letters (doubts) WHERE doubts > 0;

COMMENT ON TABLE letters IS 'Outbox of mail, and for a while what became of it.';
COMMENT ON COLUMN letters.id IS 'Id of the letter (UUIDv7).';
COMMENT ON COLUMN letters.kind IS 'What it is about, "reset-password".';
COMMENT ON COLUMN letters.user_id IS 'Whose account it is about, even after that has gone; null: nobody''s. Refers to nothing: see verifications.';
COMMENT ON COLUMN letters.recipient IS 'Address it goes to; stays when the user''s changes.';
COMMENT ON COLUMN letters.subject IS 'As the recipient reads it; holds no secret.';
COMMENT ON COLUMN letters.message_id IS 'The Message-ID header, the same at every attempt.';
COMMENT ON COLUMN letters.body IS 'Its parts and its link, sealed: whoever reads them can follow the link. Gone once sent or dropped.';
COMMENT ON COLUMN letters.state IS 'queued, sending (the mailer has it, until next_at), sent, failed, dropped; decoy: never for anybody.';
COMMENT ON COLUMN letters.attempts IS 'How often the mailer has taken it since queued_at.';
COMMENT ON COLUMN letters.doubts IS 'Attempts that may have delivered it though no acknowledgement was recorded.';
COMMENT ON COLUMN letters.error IS 'What the last attempt met; null: nothing bad.';
COMMENT ON COLUMN letters.created_at IS 'When it was written.';
COMMENT ON COLUMN letters.queued_at IS 'When it was queued, or queued again; giving up counts from here.';
COMMENT ON COLUMN letters.next_at IS 'When it is due; while sending, when the mailer counts as dead.';
COMMENT ON COLUMN letters.sent_at IS 'When the mail server acknowledged it.';

-- What was delivered is never sent again, whatever a program believes.
CREATE FUNCTION letter_ended() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION 'a letter that is % stays so', OLD.state
		USING ERRCODE = 'check_violation';
END $$;
COMMENT ON FUNCTION letter_ended() IS 'Keeps letters that are sent, dropped or decoys as they are.';

CREATE TRIGGER letters_ended
	BEFORE UPDATE OF state ON letters
	FOR EACH ROW WHEN (OLD.state IN ('sent', 'dropped', 'decoy'))
	EXECUTE FUNCTION letter_ended();

GRANT SELECT, INSERT, DELETE ON letters TO tollgate_worker;
GRANT UPDATE (body, state, attempts, doubts, error, queued_at, next_at, sent_at)
	ON letters TO tollgate_worker;
