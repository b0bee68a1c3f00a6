-- What a transfer and a wallet may look like, asked by triggers.
--
-- PostgreSQL reads the text of every CHECK of a table again for every statement
-- that writes to it. Where credits move that was a sixth of its work, most of
-- it for the sides of a transfer; a trigger's expressions are read once in a
-- connection. Short CHECKs stay, and so does what a transfer changes.

ALTER TABLE transfers
	DROP CONSTRAINT transfers_sides_check,
	DROP CONSTRAINT transfers_origin_check,
	DROP CONSTRAINT transfers_expires_check,
	DROP CONSTRAINT transfers_wallet_id_check;

CREATE FUNCTION transfer_shape() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NEW.wallet_id IN ('issued', 'spent', 'expired', 'held') THEN
		RAISE EXCEPTION 'the wallet % keeps no ledger', NEW.wallet_id
			USING ERRCODE = 'check_violation';
	END IF;
	-- Both sides are known without a foreign key each: checking one against
	-- "spent" would make every spend lock that same row.
	IF (NEW.kind, NEW.from_id, NEW.to_id, NEW.origin_id IS NOT NULL) NOT IN (
	    ('grant', 'issued', NEW.wallet_id, false),
	    ('clawback', NEW.wallet_id, 'issued', true),
	    ('spend', NEW.wallet_id, 'spent', false),
	    ('adjust', 'issued', NEW.wallet_id, false),
	    ('adjust', NEW.wallet_id, 'issued', false),
	    ('expire', NEW.wallet_id, 'expired', true),
	    ('hold', NEW.wallet_id, 'held', false),
	    ('release', 'held', NEW.wallet_id, true),
	    ('capture', 'held', 'spent', true),
	    ('refund', 'spent', NEW.wallet_id, true)) THEN
		RAISE EXCEPTION 'no % goes from % to %', NEW.kind, NEW.from_id,
			NEW.to_id USING ERRCODE = 'check_violation';
	END IF;
	IF (CASE NEW.kind WHEN 'hold' THEN NEW.expires_at IS NULL
	    WHEN 'grant' THEN false ELSE NEW.expires_at IS NOT NULL END) THEN
		RAISE EXCEPTION 'a hold expires, a grant may, a % does not',
			NEW.kind USING ERRCODE = 'check_violation';
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION transfer_shape() IS 'Refuses a transfer that is not one of its kind.';
REVOKE EXECUTE ON FUNCTION transfer_shape() FROM PUBLIC;

-- Nothing changes a transfer later.
CREATE TRIGGER transfers_shape
	BEFORE INSERT ON transfers
	FOR EACH ROW EXECUTE FUNCTION transfer_shape();
ALTER TABLE transfers ENABLE ALWAYS TRIGGER transfers_shape;

ALTER TABLE wallets
	DROP CONSTRAINT wallets_id_check,
	DROP CONSTRAINT wallets_kind_check,
	DROP CONSTRAINT wallets_monthly_quota_check,
	DROP CONSTRAINT wallets_check,
	DROP CONSTRAINT wallets_check2;

CREATE FUNCTION wallet_shape() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NEW.id = '' OR NEW.kind NOT IN ('user', 'organization', 'system')
	    OR (NEW.kind = 'system') <>
		(NEW.id IN ('issued', 'spent', 'expired', 'held')) THEN
		RAISE EXCEPTION 'no wallet % of kind %', NEW.id, NEW.kind
			USING ERRCODE = 'check_violation';
	END IF;
	IF NEW.monthly_quota NOT BETWEEN 0 AND 1000000000000000
	    OR (NEW.kind = 'system' AND NEW.monthly_quota IS NOT NULL) THEN
		RAISE EXCEPTION 'no quota of % for wallet %', NEW.monthly_quota,
			NEW.id USING ERRCODE = 'check_violation';
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION wallet_shape() IS 'Refuses a wallet that is not one of its kind.';
REVOKE EXECUTE ON FUNCTION wallet_shape() FROM PUBLIC;

CREATE TRIGGER wallets_shape
	BEFORE INSERT OR UPDATE OF id, kind, monthly_quota ON wallets
	FOR EACH ROW EXECUTE FUNCTION wallet_shape();
ALTER TABLE wallets ENABLE ALWAYS TRIGGER wallets_shape;
