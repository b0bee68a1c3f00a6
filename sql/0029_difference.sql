-- What the payment provider knows of our orders and we do not.

CREATE TABLE order_differences (
	id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
	order_id text COLLATE "C" NOT NULL REFERENCES orders,
	kind text NOT NULL CHECK (kind IN ('payment', 'refund', 'dispute')),
	subject text COLLATE "C" NOT NULL CHECK (subject <> ''),
	ours jsonb CHECK (jsonb_typeof(ours) = 'object'),
	theirs jsonb NOT NULL CHECK (jsonb_typeof(theirs) = 'object'),
	found_at timestamptz(3) NOT NULL,
	seen_at timestamptz(3) NOT NULL,
	repaired_at timestamptz(3),
	repaired_by text COLLATE "C",
	CHECK (repaired_at IS NOT NULL OR repaired_by IS NULL)
);
CREATE UNIQUE INDEX order_differences_open_key
	ON order_differences (subject, kind) WHERE repaired_at IS NULL;
CREATE INDEX order_differences_found_idx ON order_differences (found_at, id);
CREATE INDEX order_differences_order_idx ON order_differences (order_id);

COMMENT ON TABLE order_differences IS 'Facts about payments that the provider told when it was asked, and that we had not heard.';
COMMENT ON COLUMN order_differences.id IS 'Id of the difference (UUIDv7).';
COMMENT ON COLUMN order_differences.order_id IS 'Order it is about.';
COMMENT ON COLUMN order_differences.kind IS 'What differs: a payment, a refund or a dispute.';
COMMENT ON COLUMN order_differences.subject IS 'The provider''s payment intent, refund or dispute.';
COMMENT ON COLUMN order_differences.ours IS 'What we knew; null: nothing of it.';
COMMENT ON COLUMN order_differences.theirs IS 'What the provider says: the fact that repairs it.';
COMMENT ON COLUMN order_differences.found_at IS 'When it was first seen.';
COMMENT ON COLUMN order_differences.seen_at IS 'When it was last seen.';
COMMENT ON COLUMN order_differences.repaired_at IS 'Since when there is none; null: it is open.';
COMMENT ON COLUMN order_differences.repaired_by IS 'Administrator who repaired it; null: it is open, or the event came late.';

CREATE TABLE reconciliations (
	day date PRIMARY KEY,
	started_at timestamptz(3) NOT NULL,
	finished_at timestamptz(3),
	differences bigint CHECK (differences >= 0),
	CHECK ((differences IS NULL) = (finished_at IS NULL))
);
COMMENT ON TABLE reconciliations IS 'Days on which a janitor has compared with the provider: one of all hosts does.';
COMMENT ON COLUMN reconciliations.day IS 'Day, UTC.';
COMMENT ON COLUMN reconciliations.started_at IS 'When it began, the last time.';
COMMENT ON COLUMN reconciliations.finished_at IS 'When it was through; null: it is at it, or has failed and will try again.';
COMMENT ON COLUMN reconciliations.differences IS 'Differences that were open then.';

GRANT SELECT, INSERT, UPDATE (ours, theirs, seen_at, repaired_at, repaired_by)
	ON order_differences TO tollgate_worker;
GRANT SELECT, INSERT, UPDATE (started_at, finished_at, differences)
	ON reconciliations TO tollgate_worker;
