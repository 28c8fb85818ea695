-- I7: who is bound to a subscription stays bound, and its id stays, so that no period is allocated again to somebody else.
CREATE OR REPLACE FUNCTION keep_subscription_bound() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'check_violation',
        MESSAGE = 'A subscription keeps its id and the user it is bound to',
        HINT = 'Insert another subscription.';
END
$$;
REVOKE ALL ON FUNCTION keep_subscription_bound FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_subscription_bound IS 'Trigger: refuses another id or another user for a subscription that is bound (I7).';
CREATE OR REPLACE TRIGGER subscription_stays_bound
    BEFORE UPDATE ON subscriptions
    FOR EACH ROW WHEN (NEW.id <> OLD.id OR OLD.user_id IS DISTINCT FROM NEW.user_id AND OLD.user_id IS NOT NULL)
    EXECUTE FUNCTION keep_subscription_bound();
