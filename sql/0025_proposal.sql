-- Credits that one administrator proposes and another one confirms.

CREATE TABLE credit_proposals (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	wallet_id text COLLATE "C" NOT NULL,
	kind text NOT NULL CHECK (kind IN ('grant', 'adjust')),
	amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000000),
	reason text NOT NULL CHECK (char_length(reason) <= 200),
	expires_at timestamptz(3) CHECK (kind = 'grant' OR expires_at IS NULL),
	key text COLLATE "C" NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 64),
	proposed_by text COLLATE "C" NOT NULL,
	created_at timestamptz(3) NOT NULL,
	lapses_at timestamptz(3) NOT NULL CHECK (lapses_at > created_at),
	state text NOT NULL DEFAULT 'open'
		CHECK (state IN ('open', 'approved', 'declined', 'withdrawn')),
	decided_by text COLLATE "C",
	decided_at timestamptz(3),
	transfer_id text COLLATE "C" UNIQUE REFERENCES transfers,
	UNIQUE (wallet_id, key),
	CHECK (num_nulls(decided_by, decided_at)
		= CASE state WHEN 'open' THEN 2 ELSE 0 END),
	CHECK ((transfer_id IS NOT NULL) = (state = 'approved')),
	-- Two people, and neither of them decides too late.
	CONSTRAINT credit_proposals_two_check CHECK (
		(state = 'withdrawn') = (decided_by = proposed_by)),
	CONSTRAINT credit_proposals_own_check CHECK (
		state <> 'approved' OR decided_by <> wallet_id),
	CONSTRAINT credit_proposals_late_check CHECK (
		state <> 'approved' OR decided_at < lapses_at)
);
CREATE INDEX credit_proposals_created_idx ON credit_proposals (created_at, id);
CREATE INDEX credit_proposals_state_idx ON credit_proposals (state, created_at, id);

COMMENT ON TABLE credit_proposals IS 'Grants above credits.approval_above: proposed by one administrator, confirmed by another.';
COMMENT ON COLUMN credit_proposals.id IS 'Id of the proposal (UUIDv7).';
COMMENT ON COLUMN credit_proposals.wallet_id IS 'Whose credits they would be. No key: a proposal outlives the user.';
COMMENT ON COLUMN credit_proposals.kind IS 'What it becomes: grant, or adjust, upwards.';
COMMENT ON COLUMN credit_proposals.amount IS 'Credits.';
COMMENT ON COLUMN credit_proposals.reason IS 'Why, in the words of who proposed it; also the transfer''s.';
COMMENT ON COLUMN credit_proposals.expires_at IS 'When the credits would expire; null: never.';
COMMENT ON COLUMN credit_proposals.key IS 'Idempotency key of the caller; also the transfer''s.';
COMMENT ON COLUMN credit_proposals.proposed_by IS 'User who proposed it, himself even where he acted as another.';
COMMENT ON COLUMN credit_proposals.created_at IS 'When.';
COMMENT ON COLUMN credit_proposals.lapses_at IS 'From then on an open one cannot be confirmed.';
COMMENT ON COLUMN credit_proposals.state IS 'open, approved, declined or withdrawn; open ones lapse by themselves.';
COMMENT ON COLUMN credit_proposals.decided_by IS 'Another user who approved or declined it, or the same one who withdrew it.';
COMMENT ON COLUMN credit_proposals.decided_at IS 'When.';
COMMENT ON COLUMN credit_proposals.transfer_id IS 'What was made of it.';

CREATE FUNCTION proposal_decided() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION 'a proposal is decided once'
		USING ERRCODE = 'check_violation';
END $$;
COMMENT ON FUNCTION proposal_decided() IS 'Holds a proposal to the first decision.';

CREATE TRIGGER credit_proposals_once
	BEFORE UPDATE ON credit_proposals
	FOR EACH ROW WHEN (OLD.state <> 'open')
	EXECUTE FUNCTION proposal_decided();

GRANT SELECT, INSERT (id, wallet_id, kind, amount, reason, expires_at, key,
	proposed_by, created_at, lapses_at),
	UPDATE (state, decided_by, decided_at, transfer_id)
	ON credit_proposals TO tollgate_worker;
