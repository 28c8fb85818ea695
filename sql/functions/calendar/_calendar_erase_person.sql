-- erase_person: what sessions say of this person in free text goes, and they take no more bookings; who met when stays.
-- Returns how many rows changed, NULL when the calendar does not know this person.
CREATE OR REPLACE FUNCTION _calendar_erase_person(p_user_id uuid, p_emails text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_known         boolean;
    v_sessions      integer;
    v_told          integer;
    v_practitioners integer;
BEGIN
    v_known := EXISTS (SELECT FROM practitioners p WHERE p.user_id = p_user_id);
    UPDATE client_sessions s
    SET notes = NULL, title = NULL, cancellation_reason = NULL
    WHERE (s.client_id = p_user_id OR s.therapist_id = p_user_id)
      AND (s.notes IS NOT NULL OR s.title IS NOT NULL OR s.cancellation_reason IS NOT NULL);
    GET DIAGNOSTICS v_sessions = ROW_COUNT;
    -- Why a session was cancelled was also told to the other one.
    UPDATE notifications n
    SET payload = n.payload - 'reason'
    FROM client_sessions s
    WHERE n.session_id = s.id AND (s.client_id = p_user_id OR s.therapist_id = p_user_id) AND n.payload ->> 'reason' IS NOT NULL;
    GET DIAGNOSTICS v_told = ROW_COUNT;
    UPDATE practitioners p SET is_active = false, accepts_peer_bookings = false
    WHERE p.user_id = p_user_id AND (p.is_active OR p.accepts_peer_bookings);
    GET DIAGNOSTICS v_practitioners = ROW_COUNT;
    RETURN CASE WHEN v_known OR v_sessions + v_told + v_practitioners > 0 THEN v_sessions + v_told + v_practitioners END;
END
$$;
REVOKE ALL ON FUNCTION _calendar_erase_person FROM PUBLIC, anon, authenticated, service_role;
