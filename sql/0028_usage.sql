-- What credits were used for: one row says how much of what, one transfer what
-- it cost. What is free has no transfer, but its key all the same.

CREATE TABLE usage_events (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	wallet_id text COLLATE "C" NOT NULL REFERENCES wallets,
	type text COLLATE "C" NOT NULL
		CHECK (char_length(type) BETWEEN 1 AND 64),
	amount bigint NOT NULL
		CHECK (amount BETWEEN 0 AND 1000000000000000),
	cost bigint NOT NULL CHECK (cost BETWEEN 0 AND 1000000000000000),
	metadata jsonb CHECK (jsonb_typeof(metadata) = 'object'),
	balance_after bigint NOT NULL CHECK (balance_after >= 0),
	transfer_id text COLLATE "C" CHECK ((transfer_id IS NULL) = (cost = 0)),
	actor_id text COLLATE "C",
	key text COLLATE "C" NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 64),
	key_hash bytea NOT NULL CHECK (octet_length(key_hash) = 32),
	created_at timestamptz(3) NOT NULL,
	CONSTRAINT usage_events_key_key UNIQUE (wallet_id, key),
	CONSTRAINT usage_events_transfer_key UNIQUE (transfer_id)
);
CREATE INDEX usage_events_wallet_idx
	ON usage_events (wallet_id, created_at, id);
CREATE INDEX usage_events_created_idx ON usage_events (created_at, id);
CREATE INDEX usage_events_type_idx ON usage_events (type, created_at, id);

COMMENT ON TABLE usage_events IS 'What credits were used for; append-only.';
COMMENT ON COLUMN usage_events.id IS 'Id of the event (UUIDv7).';
COMMENT ON COLUMN usage_events.wallet_id IS 'Whose credits; scope of key.';
COMMENT ON COLUMN usage_events.type IS 'What was used, in the words of the program that says so.';
COMMENT ON COLUMN usage_events.amount IS 'How much of it, in units of its own.';
COMMENT ON COLUMN usage_events.cost IS 'Credits it cost.';
COMMENT ON COLUMN usage_events.metadata IS 'What else the program notes; null: nothing.';
COMMENT ON COLUMN usage_events.balance_after IS 'Balance of the wallet with it, as it was answered.';
COMMENT ON COLUMN usage_events.transfer_id IS 'Transfer that spent the cost; null: it was free.';
COMMENT ON COLUMN usage_events.actor_id IS 'User who asked for it.';
COMMENT ON COLUMN usage_events.key IS 'Idempotency key of the caller, the transfer''s, too.';
COMMENT ON COLUMN usage_events.key_hash IS 'SHA-256 of what was asked under the key, the transfer''s, too.';
COMMENT ON COLUMN usage_events.created_at IS 'When it was asked for.';

-- Transfers are never deleted, so this stays true. A key of a transfer is not
-- used again for what is free; the other way round the spend looks here.
CREATE FUNCTION usage_fits() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NEW.transfer_id IS NULL THEN
		IF EXISTS (SELECT FROM public.transfers
		    WHERE wallet_id = NEW.wallet_id AND key = NEW.key) THEN
			RAISE EXCEPTION 'the key belongs to a transfer'
				USING ERRCODE = 'unique_violation';
		END IF;
	ELSIF NOT EXISTS (SELECT FROM public.transfers
	    WHERE id = NEW.transfer_id AND wallet_id = NEW.wallet_id
		AND kind = 'spend' AND amount = NEW.cost
		AND balance_after = NEW.balance_after
		AND key = NEW.key AND key_hash = NEW.key_hash) THEN
		RAISE EXCEPTION 'the transfer is not that of the usage'
			USING ERRCODE = 'check_violation';
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION usage_fits() IS 'Refuses usage that its transfer does not pay for.';

CREATE TRIGGER usage_events_fits
	BEFORE INSERT ON usage_events
	FOR EACH ROW EXECUTE FUNCTION usage_fits();
CREATE TRIGGER usage_events_append_only
	BEFORE UPDATE OR DELETE OR TRUNCATE ON usage_events
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
ALTER TABLE usage_events ENABLE ALWAYS TRIGGER usage_events_append_only;

GRANT SELECT, INSERT ON usage_events TO tollgate_worker;

-- What is proposed may be for so long from when it is granted, and for an
-- organization.
ALTER TABLE credit_proposals
	ADD COLUMN organization boolean NOT NULL DEFAULT false,
	ADD COLUMN lifetime bigint CHECK (lifetime > 0),
	ADD CHECK (num_nonnulls(expires_at, lifetime) <= 1);
GRANT INSERT (organization, lifetime) ON credit_proposals TO tollgate_worker;
COMMENT ON COLUMN credit_proposals.organization IS 'Whether the wallet is an organization''s, not a user''s.';
COMMENT ON COLUMN credit_proposals.lifetime IS 'How long the credits would last from their grant, ms; null: see expires_at.';

-- The lists of open holds, newest first (0015 has the others).
CREATE INDEX holds_wallet_open_idx ON holds (wallet_id, created_at, id)
	WHERE closed_at IS NULL;
CREATE INDEX holds_created_open_idx ON holds (created_at, id)
	WHERE closed_at IS NULL;
