-- Credits: wallets and the transfers between them.
--
-- A balance changes in one place only: the trigger of the transfer that
-- explains it. Workers may insert transfers and have no privilege on balances,
-- so no check at commit is needed to keep the two together; what an owner may
-- still do by hand, `tollgate ledger verify` finds.

CREATE TABLE wallets (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	kind text NOT NULL CHECK (kind IN ('user', 'organization', 'system')),
	balance bigint DEFAULT 0 CHECK (balance BETWEEN 0 AND 1000000000000000),
	last_number bigint NOT NULL DEFAULT 0 CHECK (last_number >= 0),
	monthly_quota bigint CHECK (monthly_quota BETWEEN 0 AND 1000000000000000),
	period date CHECK (extract(day FROM period) = 1),
	period_spent bigint NOT NULL DEFAULT 0 CHECK (period_spent >= 0),
	CHECK ((kind = 'system') = (id IN ('issued', 'spent', 'expired', 'held'))),
	CHECK ((kind = 'system') = (balance IS NULL)),
	CHECK (kind <> 'system' OR monthly_quota IS NULL),
	-- What no transfer explains is not there.
	CHECK (balance = 0 OR last_number > 0)
);
INSERT INTO wallets (id, kind, balance) VALUES
	('issued', 'system', NULL),
	('spent', 'system', NULL),
	('expired', 'system', NULL),
	('held', 'system', NULL);

COMMENT ON TABLE wallets IS 'Who can hold credits. No key to users: the ledger outlives them.';
COMMENT ON COLUMN wallets.id IS 'Id of the owner (user or organization), or the name of a system wallet.';
COMMENT ON COLUMN wallets.kind IS 'What the owner is; "system": the other side of grants, spends, expiries and holds.';
COMMENT ON COLUMN wallets.balance IS 'Credits now, never below zero; null for system wallets, which would be hot spots.';
COMMENT ON COLUMN wallets.last_number IS 'Number of the last transfer in this wallet''s ledger; 0: none.';
COMMENT ON COLUMN wallets.monthly_quota IS 'Most credits spent in a calendar month (UTC); null: no quota.';
COMMENT ON COLUMN wallets.period IS 'First day of the month that period_spent counts; null: nothing spent ever.';
COMMENT ON COLUMN wallets.period_spent IS 'Credits spent in that month.';

CREATE TABLE transfers (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	wallet_id text COLLATE "C" NOT NULL REFERENCES wallets,
	number bigint NOT NULL CHECK (number > 0),
	kind text NOT NULL,
	from_id text COLLATE "C" NOT NULL,
	to_id text COLLATE "C" NOT NULL,
	amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000000),
	balance_after bigint NOT NULL CHECK (balance_after >= 0),
	reason text NOT NULL CHECK (char_length(reason) <= 200),
	actor_id text COLLATE "C",
	key text COLLATE "C" NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 64),
	key_hash bytea NOT NULL CHECK (octet_length(key_hash) = 32),
	created_at timestamptz(3) NOT NULL,
	CONSTRAINT transfers_number_key UNIQUE (wallet_id, number),
	CONSTRAINT transfers_key_key UNIQUE (wallet_id, key),
	-- Both sides are known without a foreign key each: checking one against
	-- "spent" would make every spend lock that same row.
	CONSTRAINT transfers_sides_check CHECK (CASE kind
		WHEN 'grant' THEN from_id = 'issued' AND to_id = wallet_id
		WHEN 'spend' THEN from_id = wallet_id AND to_id = 'spent'
		WHEN 'adjust' THEN (from_id = 'issued' AND to_id = wallet_id)
			OR (from_id = wallet_id AND to_id = 'issued')
		WHEN 'expire' THEN from_id = wallet_id AND to_id = 'expired'
		WHEN 'hold' THEN from_id = wallet_id AND to_id = 'held'
		WHEN 'release' THEN from_id = 'held' AND to_id = wallet_id
		WHEN 'capture' THEN from_id = 'held' AND to_id = 'spent'
		WHEN 'refund' THEN from_id = 'spent' AND to_id = wallet_id
		ELSE false END),
	CHECK (wallet_id NOT IN ('issued', 'spent', 'expired', 'held'))
);
CREATE INDEX transfers_created_idx ON transfers (created_at, id);
CREATE INDEX transfers_kind_idx ON transfers (kind, created_at, id) INCLUDE (amount);

COMMENT ON TABLE transfers IS 'The ledger: credits that moved from one wallet to another; append-only.';
COMMENT ON COLUMN transfers.id IS 'Id of the transfer (UUIDv7).';
COMMENT ON COLUMN transfers.wallet_id IS 'Wallet whose ledger shows it; scope of number and key.';
COMMENT ON COLUMN transfers.number IS 'Place in that ledger, 1, 2, 3 without a gap; set by the trigger.';
COMMENT ON COLUMN transfers.kind IS 'grant, spend, adjust, expire, hold, release, capture or refund; decides the sides.';
COMMENT ON COLUMN transfers.from_id IS 'Wallet that gives.';
COMMENT ON COLUMN transfers.to_id IS 'Wallet that receives.';
COMMENT ON COLUMN transfers.amount IS 'Credits moved; always positive.';
COMMENT ON COLUMN transfers.balance_after IS 'Balance of wallet_id with this transfer; set by the trigger.';
COMMENT ON COLUMN transfers.reason IS 'Why, in the words of who did it; may be empty for a spend.';
COMMENT ON COLUMN transfers.actor_id IS 'User who did it; null: the command line or the system itself.';
COMMENT ON COLUMN transfers.key IS 'Idempotency key of the caller.';
COMMENT ON COLUMN transfers.key_hash IS 'SHA-256 of what was asked under the key: kind, sides, amount, reason.';
COMMENT ON COLUMN transfers.created_at IS 'When it was asked for.';

-- As the owner, because workers may not touch a balance themselves.
CREATE FUNCTION transfer_apply() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	change bigint := CASE NEW.wallet_id
		WHEN NEW.to_id THEN NEW.amount
		WHEN NEW.from_id THEN -NEW.amount
		ELSE 0 END;
	spent bigint := CASE NEW.kind WHEN 'spend' THEN NEW.amount ELSE 0 END;
	month date := date_trunc('month', NEW.created_at AT TIME ZONE 'UTC');
BEGIN
	-- A spend of last month that comes late counts in no month.
	UPDATE public.wallets AS w SET
		balance = w.balance + change,
		last_number = w.last_number + 1,
		period = CASE WHEN spent > 0
			THEN greatest(w.period, month) ELSE w.period END,
		period_spent = CASE WHEN spent = 0 OR w.period > month
			THEN w.period_spent
			WHEN w.period = month THEN w.period_spent + spent
			ELSE spent END
	WHERE w.id = NEW.wallet_id
	RETURNING w.balance, w.last_number INTO NEW.balance_after, NEW.number;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION transfer_apply() IS 'Changes the balance a transfer is about and numbers the transfer.';
-- Asked for only when a trigger is made: whoever may make a temporary table
-- could hang it there and move balances that no transfer explains.
REVOKE EXECUTE ON FUNCTION transfer_apply() FROM PUBLIC;

CREATE TRIGGER transfers_apply
	BEFORE INSERT ON transfers
	FOR EACH ROW EXECUTE FUNCTION transfer_apply();
CREATE TRIGGER transfers_append_only
	BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
-- Whoever sets session_replication_role does not get round it, either.
ALTER TABLE transfers ENABLE ALWAYS TRIGGER transfers_append_only;

-- UPDATE of the quota is also what SELECT ... FOR UPDATE asks for.
GRANT SELECT, INSERT (id, kind, balance, monthly_quota), UPDATE (monthly_quota)
	ON wallets TO tollgate_worker;
GRANT SELECT, INSERT ON transfers TO tollgate_worker;
