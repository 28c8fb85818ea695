-- What is unsent of a session is not sent any more, leased rows included: their worker cannot complete them.
CREATE OR REPLACE FUNCTION _withdraw_notifications(p_session_id uuid, p_types text[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    -- The status is asked in a way that is no index's: planned while the queue was empty, all of it would be read for ever.
    UPDATE notifications n SET status = 'withdrawn', leased_by = NULL, leased_until = NULL
    WHERE n.session_id = p_session_id AND n.type = ANY (p_types) AND (n.status IN ('pending', 'leased', 'dead')) IS TRUE;
END
$$;
REVOKE ALL ON FUNCTION _withdraw_notifications FROM PUBLIC, anon, authenticated, service_role;
