-- The audit trail by whom or what something was done to, and by what was done.

CREATE INDEX audit_whom_idx ON audit (target_id, created_at, id);
CREATE INDEX audit_action_idx ON audit (action, created_at, id);
