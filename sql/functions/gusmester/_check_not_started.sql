-- Before the start; the start itself is too late. Error: in_the_past.
CREATE OR REPLACE FUNCTION _check_not_started(p_session sessions) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_session.starts_at <= now() THEN
        PERFORM _fail('in_the_past', 'This session has started', jsonb_build_object('starts_at', p_session.starts_at));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_not_started FROM PUBLIC, anon, authenticated, service_role;
