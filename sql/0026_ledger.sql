-- Large transfers are few, and found by their amount.

CREATE INDEX transfers_amount_idx ON transfers (amount);
