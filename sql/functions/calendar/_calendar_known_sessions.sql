-- reconcile_credits(): those of the ids that are sessions of the calendar.
CREATE OR REPLACE FUNCTION _calendar_known_sessions(p_session_ids uuid[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN ARRAY(SELECT s.id FROM client_sessions s WHERE s.id = ANY (p_session_ids));
END
$$;
REVOKE ALL ON FUNCTION _calendar_known_sessions FROM PUBLIC, anon, authenticated, service_role;
