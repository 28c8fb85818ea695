-- run_maintenance(): marks holds that have expired, and completes sessions that are over where the setting says so.
CREATE OR REPLACE FUNCTION _calendar_maintenance(p_limit integer) RETURNS TABLE (task text, done bigint)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_session_id uuid;
BEGIN
    task := 'holds_expired';
    UPDATE slot_holds h SET status = 'expired' WHERE h.id IN (
        SELECT o.id FROM slot_holds o WHERE o.status = 'live' AND o.expires_at <= now()
        ORDER BY o.expires_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN NEXT;

    task := 'sessions_completed';
    done := 0;
    FOR v_session_id IN
        SELECT s.id FROM client_sessions s
        WHERE s.status IN ('scheduled', 'confirmed', 'in_progress')
          AND s.ends_at <= now() - (SELECT x.complete_sessions_after FROM settings x WHERE x.id)
          -- One that was never paid for is an orphan, not a session.
          AND (s.paid_at IS NOT NULL OR NOT s.is_peer_booking)
        ORDER BY s.ends_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        UPDATE client_sessions s SET status = 'completed' WHERE s.id = v_session_id;
        PERFORM _audit('complete_session', 'session', v_session_id);
        done := done + 1;
    END LOOP;
    RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION _calendar_maintenance FROM PUBLIC, anon, authenticated, service_role;
