-- Invoices of subscriptions are orders, too.

ALTER TABLE orders
	ADD COLUMN invoice_id text COLLATE "C" CHECK (invoice_id <> ''),
	ADD COLUMN credits_expire_at timestamptz(3),
	ADD CHECK (credits_expire_at IS NULL OR credits_expire_days IS NULL);
CREATE UNIQUE INDEX orders_invoice_key ON orders (invoice_id);

COMMENT ON COLUMN orders.invoice_id IS 'The provider''s invoice it is, of a subscription; null: it was placed here.';
COMMENT ON COLUMN orders.credits_expire_at IS 'When its credits expire, where that was known before it was paid; null: credits_expire_days says it.';
COMMENT ON COLUMN payments.id IS 'The provider''s payment intent; or manual: and the order, or an invoice that no payment intent paid.';
COMMENT ON COLUMN payments.provider IS 'stripe, or manual: an administrator saw it come, or an invoice was paid outside of the provider.';
COMMENT ON COLUMN provider_events.effect IS 'What it was about: checkout, payment, refund, dispute, subscription, invoice; none: nothing of ours.';
