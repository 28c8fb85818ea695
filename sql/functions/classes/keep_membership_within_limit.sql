-- I9: a membership is used at most class_limit times a period, whoever writes the use. Lock (3): the membership, so that uses are counted one by one.
CREATE OR REPLACE FUNCTION keep_membership_within_limit() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_limit integer;
BEGIN
    SELECT m.class_limit INTO v_limit FROM memberships m WHERE m.id = NEW.membership_id FOR NO KEY UPDATE;
    IF v_limit IS NOT NULL AND _membership_uses(NEW.membership_id, NEW.period_start) >= v_limit THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'This membership is used up for the period',
            HINT = 'Book by create_class_booking().';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION keep_membership_within_limit FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_membership_within_limit IS 'Trigger: refuses a use of a membership beyond its limit (I9).';
CREATE OR REPLACE TRIGGER membership_usage_within_limit
    BEFORE INSERT ON membership_usage
    FOR EACH ROW WHEN (NEW.returned_at IS NULL) EXECUTE FUNCTION keep_membership_within_limit();
CREATE OR REPLACE TRIGGER membership_usage_stays_within_limit
    BEFORE UPDATE ON membership_usage
    FOR EACH ROW WHEN (NEW.returned_at IS NULL
                       AND (OLD.returned_at IS NOT NULL OR OLD.period_start <> NEW.period_start OR OLD.membership_id <> NEW.membership_id))
    EXECUTE FUNCTION keep_membership_within_limit();
