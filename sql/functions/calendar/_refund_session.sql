-- Gives back what a session cost, by the module that charged it. Returns the credits that came back to the client, 0 without any.
-- Locks (2): the accounts. Nothing is written before.
CREATE OR REPLACE FUNCTION _refund_session(p_session client_sessions) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_function text;
    v_credits  bigint;
    v_refunded bigint := 0;
BEGIN
    IF p_session.paid_at IS NULL THEN
        RETURN 0;
    END IF;
    FOREACH v_function IN ARRAY _module_functions('refund_session') LOOP
        EXECUTE format('SELECT %I($1)', v_function) INTO v_credits USING p_session;
        v_refunded := v_refunded + v_credits;
    END LOOP;
    RETURN v_refunded;
END
$$;
REVOKE ALL ON FUNCTION _refund_session FROM PUBLIC, anon, authenticated, service_role;
