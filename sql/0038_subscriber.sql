-- Subscriptions as administrators look for them.

CREATE INDEX subscriptions_created_idx ON subscriptions (created_at, id)
	WHERE stripe_subscription_id IS NOT NULL;
CREATE INDEX subscriptions_status_idx ON subscriptions (status, created_at, id)
	WHERE stripe_subscription_id IS NOT NULL;
CREATE INDEX subscriptions_plan_status_idx
	ON subscriptions (plan, status, created_at, id)
	WHERE stripe_subscription_id IS NOT NULL;
CREATE INDEX subscriptions_plan_idx ON subscriptions (plan, created_at, id)
	WHERE stripe_subscription_id IS NOT NULL;
