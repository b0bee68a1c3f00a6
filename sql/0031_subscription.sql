-- Subscriptions to plans, as their provider has them.

ALTER TABLE users ADD COLUMN stripe_customer_id text COLLATE "C"
	CHECK (octet_length(stripe_customer_id) BETWEEN 1 AND 255);
CREATE UNIQUE INDEX users_stripe_customer_key ON users (stripe_customer_id);
COMMENT ON COLUMN users.stripe_customer_id IS 'The customer at Stripe who is this user, and nobody else; null: none yet.';

CREATE TABLE subscriptions (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	plan text NOT NULL CHECK (plan <> ''),
	reference_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
	stripe_customer_id text COLLATE "C" CHECK (stripe_customer_id <> ''),
	stripe_subscription_id text COLLATE "C" CHECK (stripe_subscription_id <> ''),
	status text NOT NULL CHECK (status IN ('incomplete', 'incomplete_expired',
		'trialing', 'active', 'past_due', 'canceled', 'unpaid', 'paused')),
	period_start timestamptz(3),
	period_end timestamptz(3),
	trial_start timestamptz(3),
	trial_end timestamptz(3),
	cancel_at_period_end boolean NOT NULL DEFAULT false,
	cancel_at timestamptz(3),
	canceled_at timestamptz(3),
	ended_at timestamptz(3),
	seats integer NOT NULL DEFAULT 1 CHECK (seats > 0),
	billing_interval text CHECK (billing_interval IN ('day', 'week', 'month', 'year')),
	stripe_schedule_id text COLLATE "C",
	told_at timestamptz(3),
	told_rank smallint NOT NULL DEFAULT 0 CHECK (told_rank BETWEEN 0 AND 3),
	told_by text COLLATE "C",
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL,
	CHECK ((told_at IS NULL) = (told_by IS NULL))
);
CREATE INDEX subscriptions_reference_idx ON subscriptions (reference_id, created_at, id);
CREATE UNIQUE INDEX subscriptions_stripe_key ON subscriptions (stripe_subscription_id);

COMMENT ON TABLE subscriptions IS 'Subscriptions to plans: what Stripe has told of each.';
COMMENT ON COLUMN subscriptions.id IS 'Id of the subscription (UUIDv7); Stripe has it in its metadata.';
COMMENT ON COLUMN subscriptions.plan IS 'Name of the plan, lower case.';
COMMENT ON COLUMN subscriptions.reference_id IS 'Who subscribes; ends with the user.';
COMMENT ON COLUMN subscriptions.stripe_customer_id IS 'Who pays, at Stripe.';
COMMENT ON COLUMN subscriptions.stripe_subscription_id IS 'Its id there; null: nobody has paid yet.';
COMMENT ON COLUMN subscriptions.status IS 'Stripe''s word for where it stands.';
COMMENT ON COLUMN subscriptions.period_start IS 'Begin of what is paid for.';
COMMENT ON COLUMN subscriptions.period_end IS 'And its end.';
COMMENT ON COLUMN subscriptions.trial_start IS 'Begin of the trial; null: there was none.';
COMMENT ON COLUMN subscriptions.trial_end IS 'And its end.';
COMMENT ON COLUMN subscriptions.cancel_at_period_end IS 'It ends when what is paid for ends.';
COMMENT ON COLUMN subscriptions.cancel_at IS 'It ends at this moment; null: none is set.';
COMMENT ON COLUMN subscriptions.canceled_at IS 'When it was cancelled.';
COMMENT ON COLUMN subscriptions.ended_at IS 'When it ended.';
COMMENT ON COLUMN subscriptions.seats IS 'How many are paid for.';
COMMENT ON COLUMN subscriptions.billing_interval IS 'How often it is paid.';
COMMENT ON COLUMN subscriptions.stripe_schedule_id IS 'Stripe''s schedule of changes; null: none.';
COMMENT ON COLUMN subscriptions.told_at IS 'When what is here was so, by Stripe''s clock; older news change nothing. Null: no news yet.';
COMMENT ON COLUMN subscriptions.told_rank IS 'Kind of the news, which decides between two of one second: 1 created, 2 changed, 3 ended.';
COMMENT ON COLUMN subscriptions.told_by IS 'Event that told it.';
COMMENT ON COLUMN subscriptions.created_at IS 'When it was made.';
COMMENT ON COLUMN subscriptions.updated_at IS 'Last change.';

CREATE FUNCTION subscription_newer() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION 'newer news of subscription % are known', OLD.id
		USING ERRCODE = 'check_violation';
END $$;
COMMENT ON FUNCTION subscription_newer() IS 'Keeps old news from taking the place of newer ones.';

CREATE TRIGGER subscriptions_newer
	BEFORE UPDATE ON subscriptions
	FOR EACH ROW WHEN (NEW.told_at < OLD.told_at
		OR (NEW.told_at IS NULL AND OLD.told_at IS NOT NULL)
		OR (OLD.stripe_subscription_id IS NOT NULL AND
		NEW.stripe_subscription_id IS DISTINCT FROM OLD.stripe_subscription_id))
	EXECUTE FUNCTION subscription_newer();

GRANT SELECT, INSERT, UPDATE (plan, stripe_customer_id,
	stripe_subscription_id, status, period_start, period_end, trial_start,
	trial_end, cancel_at_period_end, cancel_at, canceled_at, ended_at, seats,
	billing_interval, stripe_schedule_id, told_at, told_rank, told_by,
	updated_at) ON subscriptions TO tollgate_worker;
