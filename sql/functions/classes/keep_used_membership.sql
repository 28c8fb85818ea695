-- I9: a membership's limit and period do not change under the uses that were counted by them. Lock (3): the membership, which the update holds.
CREATE OR REPLACE FUNCTION keep_used_membership() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    PERFORM FROM membership_usage u
    WHERE u.membership_id = NEW.id AND u.returned_at IS NULL
    GROUP BY u.period_start
    HAVING OLD.period <> NEW.period OR count(*) > NEW.class_limit;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'This membership was used more often than that, or by another period',
            HINT = 'End it with end_membership() and make another one.';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION keep_used_membership FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_used_membership IS 'Trigger: refuses a limit or period of a membership that its uses would break (I9).';
CREATE OR REPLACE TRIGGER used_memberships_stay
    BEFORE UPDATE OF class_limit, period ON memberships
    FOR EACH ROW WHEN (OLD.class_limit IS DISTINCT FROM NEW.class_limit OR OLD.period <> NEW.period)
    EXECUTE FUNCTION keep_used_membership();
