-- Whether the calling client of a session has missed the notice within which it is theirs to give back. Exactly the notice is too late.
CREATE OR REPLACE FUNCTION _is_late_for_client(p_session client_sessions) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN coalesce(caller_id() = p_session.client_id, false)
        AND p_session.starts_at - (SELECT s.session_cancel_notice FROM settings s WHERE s.id) <= now();
END
$$;
REVOKE ALL ON FUNCTION _is_late_for_client FROM PUBLIC, anon, authenticated, service_role;
