-- What is sold: packs, paid once, and subscriptions.

CREATE TABLE plans (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	kind text NOT NULL CHECK (kind IN ('pack', 'subscription')),
	name text COLLATE "C" NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$'),
	title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 100),
	description text NOT NULL CHECK (char_length(description) <= 500),
	price_minor bigint NOT NULL CHECK (price_minor BETWEEN 0 AND 1000000000000000),
	currency text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	interval text CHECK (interval IN ('month', 'year')),
	credits bigint NOT NULL CHECK (credits BETWEEN 0 AND 1000000000000000),
	credits_expire_days integer CHECK (credits_expire_days BETWEEN 1 AND 36500),
	limits jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(limits) = 'object'),
	entitlements jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(entitlements) = 'object'),
	stripe_price_id text COLLATE "C" CHECK (stripe_price_id <> ''),
	stripe_annual_price_id text COLLATE "C" CHECK (stripe_annual_price_id <> ''),
	trial_days integer CHECK (trial_days BETWEEN 1 AND 730),
	active boolean NOT NULL,
	position integer NOT NULL CHECK (position BETWEEN 0 AND 1000000),
	created_at timestamptz(3) NOT NULL,
	updated_at timestamptz(3) NOT NULL,
	CHECK ((kind = 'subscription') = (interval IS NOT NULL)),
	CHECK (kind = 'subscription' OR (price_minor > 0 AND trial_days IS NULL
		AND stripe_annual_price_id IS NULL))
);
-- As the wire contract looks a plan up: without case.
CREATE UNIQUE INDEX plans_name_key ON plans (lower(name));
CREATE INDEX plans_active_idx ON plans (position, id) WHERE active;
CREATE INDEX plans_created_idx ON plans (created_at, id);

COMMENT ON TABLE plans IS 'What is sold. Nothing is deleted: orders refer to it.';
COMMENT ON COLUMN plans.id IS 'Id of the plan (UUIDv7).';
COMMENT ON COLUMN plans.kind IS 'pack: paid once; subscription: paid every interval.';
COMMENT ON COLUMN plans.name IS 'What programs call it; unique without case.';
COMMENT ON COLUMN plans.title IS 'What people call it, and read on a receipt.';
COMMENT ON COLUMN plans.description IS 'What is in it; may be empty.';
COMMENT ON COLUMN plans.price_minor IS 'Price in minor units of the currency (cents); of one interval.';
COMMENT ON COLUMN plans.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN plans.interval IS 'How often a subscription is paid; null: a pack.';
COMMENT ON COLUMN plans.credits IS 'Credits granted with each payment.';
COMMENT ON COLUMN plans.credits_expire_days IS 'Days after which they expire; null: never.';
COMMENT ON COLUMN plans.limits IS 'Numbers the application reads, {"projects": 5}.';
COMMENT ON COLUMN plans.entitlements IS 'What it entitles to, key by key.';
COMMENT ON COLUMN plans.stripe_price_id IS 'Stripe''s price; null: the price above is sent.';
COMMENT ON COLUMN plans.stripe_annual_price_id IS 'Stripe''s price of a year of a monthly subscription.';
COMMENT ON COLUMN plans.trial_days IS 'Days before a subscription is first paid; null: none.';
COMMENT ON COLUMN plans.active IS 'Whether it can be bought; false: retired.';
COMMENT ON COLUMN plans.position IS 'Place among what is offered, the least first.';
COMMENT ON COLUMN plans.created_at IS 'When it was made.';
COMMENT ON COLUMN plans.updated_at IS 'Last change.';

GRANT SELECT, INSERT ON plans TO tollgate_worker;
-- What a plan is stays; what it is called and costs may change.
GRANT UPDATE (name, title, description, price_minor, currency, interval,
	credits, credits_expire_days, limits, entitlements, stripe_price_id,
	stripe_annual_price_id, trial_days, active, position, updated_at)
	ON plans TO tollgate_worker;
