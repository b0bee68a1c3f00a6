-- Who brought whom: referral codes, who signed up by them, and the rewards.

CREATE TABLE affiliates (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	user_id text COLLATE "C" UNIQUE REFERENCES users ON DELETE SET NULL,
	code text COLLATE "C" NOT NULL UNIQUE
		CHECK (code ~ '^[0-9abcdefghjkmnpqrstvwxyz]{10}$'),
	referred bigint NOT NULL DEFAULT 0 CHECK (referred >= 0),
	rewarded bigint NOT NULL DEFAULT 0 CHECK (rewarded BETWEEN 0 AND referred),
	credits bigint NOT NULL DEFAULT 0 CHECK (credits >= 0),
	disabled_at timestamptz(3),
	created_at timestamptz(3) NOT NULL
);
CREATE INDEX affiliates_created_idx ON affiliates (created_at, id);
CREATE INDEX affiliates_disabled_idx ON affiliates (created_at, id) WHERE disabled_at IS NOT NULL;

COMMENT ON TABLE affiliates IS 'Users with a referral code.';
COMMENT ON COLUMN affiliates.id IS 'Id of the affiliate (UUIDv7).';
COMMENT ON COLUMN affiliates.user_id IS 'Whose code it is; null: that user has been deleted since.';
COMMENT ON COLUMN affiliates.code IS 'What stands in the link: 50 random bits as base/code.h writes them.';
COMMENT ON COLUMN affiliates.referred IS 'Users who signed up by it; kept by the trigger of referrals.';
COMMENT ON COLUMN affiliates.rewarded IS 'Of these, for how many there is a reward that was not reversed.';
COMMENT ON COLUMN affiliates.credits IS 'Credits of all rewards, less what was taken back.';
COMMENT ON COLUMN affiliates.disabled_at IS 'Since when nobody signs up by it and it earns nothing; null: it works.';
COMMENT ON COLUMN affiliates.created_at IS 'When its user first asked for it.';

CREATE TABLE referrals (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	affiliate_id text COLLATE "C" NOT NULL REFERENCES affiliates,
	-- Nobody comes twice.
	user_id text COLLATE "C" UNIQUE REFERENCES users ON DELETE SET NULL,
	state text NOT NULL DEFAULT 'joined'
		CHECK (state IN ('joined', 'rewarded', 'reversed')),
	order_id text COLLATE "C" UNIQUE REFERENCES orders,
	transfer_id text COLLATE "C" UNIQUE REFERENCES transfers,
	reward bigint CHECK (reward BETWEEN 1 AND 1000000000000000),
	steps integer NOT NULL DEFAULT 0 CHECK (steps >= 0),
	taken_back bigint CHECK (taken_back BETWEEN 0 AND reward),
	created_at timestamptz(3) NOT NULL,
	rewarded_at timestamptz(3),
	reversed_at timestamptz(3),
	CHECK (num_nulls(order_id, transfer_id, reward, rewarded_at)
		= CASE state WHEN 'joined' THEN 4 ELSE 0 END),
	CHECK (num_nulls(taken_back, reversed_at)
		= CASE state WHEN 'reversed' THEN 0 ELSE 2 END)
);
CREATE INDEX referrals_affiliate_idx ON referrals (affiliate_id, created_at, id);
CREATE INDEX referrals_state_idx ON referrals (affiliate_id, state, created_at, id);

COMMENT ON TABLE referrals IS 'Users who signed up by somebody''s code, and what it brought.';
COMMENT ON COLUMN referrals.id IS 'Id of the referral (UUIDv7).';
COMMENT ON COLUMN referrals.affiliate_id IS 'Whose code it was.';
COMMENT ON COLUMN referrals.user_id IS 'Who signed up; null: that user has been deleted since.';
COMMENT ON COLUMN referrals.state IS 'joined, rewarded, reversed, and rewarded again.';
COMMENT ON COLUMN referrals.order_id IS 'Their first paid order, which earned the reward.';
COMMENT ON COLUMN referrals.transfer_id IS 'The reward, in the ledger of the affiliate''s user: where it was given last.';
COMMENT ON COLUMN referrals.reward IS 'Its credits.';
COMMENT ON COLUMN referrals.steps IS 'How often it was given and taken back; tells their keys apart.';
COMMENT ON COLUMN referrals.taken_back IS 'How many of these were still there to be taken when it was reversed.';
COMMENT ON COLUMN referrals.created_at IS 'When they signed up.';
COMMENT ON COLUMN referrals.rewarded_at IS 'When the order was paid.';
COMMENT ON COLUMN referrals.reversed_at IS 'When the order was refunded or disputed.';

-- As the owner, because workers may not touch what is counted.
CREATE FUNCTION referral_step() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND ((OLD.state, NEW.state) NOT IN (
	    ('joined', 'rewarded'), ('rewarded', 'reversed'),
	    ('reversed', 'rewarded'))
	    OR (OLD.state <> 'joined' AND
	    (NEW.order_id, NEW.reward) <> (OLD.order_id, OLD.reward))
	    OR (OLD.state = 'rewarded' AND
	    NEW.transfer_id <> OLD.transfer_id)) THEN
		RAISE EXCEPTION 'a referral does not move from % to %',
			OLD.state, NEW.state USING ERRCODE = 'check_violation';
	END IF;
	-- Whoever is here already was brought by nobody, and nobody by himself.
	IF TG_OP = 'INSERT' AND (NEW.state <> 'joined' OR NOT EXISTS (
	    SELECT FROM public.users u, public.affiliates a
	    WHERE u.id = NEW.user_id AND u.created_at = NEW.created_at
	    AND a.id = NEW.affiliate_id AND a.user_id <> u.id)) THEN
		RAISE EXCEPTION 'a referral is made at the sign-up of another'
			USING ERRCODE = 'check_violation';
	END IF;
	UPDATE public.affiliates SET
		referred = referred + CASE NEW.state WHEN 'joined' THEN 1 ELSE 0 END,
		rewarded = rewarded + CASE NEW.state WHEN 'joined' THEN 0
			WHEN 'rewarded' THEN 1 ELSE -1 END,
		credits = credits + CASE NEW.state WHEN 'joined' THEN 0
			WHEN 'rewarded' THEN coalesce(OLD.taken_back, NEW.reward)
			ELSE -NEW.taken_back END
	WHERE id = NEW.affiliate_id;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION referral_step() IS 'Holds referrals to their moves, and counts them for their affiliate.';
REVOKE EXECUTE ON FUNCTION referral_step() FROM PUBLIC;

CREATE TRIGGER referrals_step
	BEFORE INSERT OR UPDATE OF state, order_id, transfer_id, reward, taken_back ON referrals
	FOR EACH ROW EXECUTE FUNCTION referral_step();

GRANT SELECT, INSERT (id, user_id, code, created_at), UPDATE (disabled_at)
	ON affiliates TO tollgate_worker;
GRANT SELECT, INSERT (id, affiliate_id, user_id, created_at),
	UPDATE (state, order_id, transfer_id, reward, steps, taken_back, rewarded_at,
		reversed_at)
	ON referrals TO tollgate_worker;
