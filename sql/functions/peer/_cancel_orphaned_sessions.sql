-- Cancels peer sessions that are older than that and were never paid for, the oldest first, and returns them; NULL: as many as there are.
-- Locks: the sessions, those that nobody holds: one that is being paid at this moment is left alone.
CREATE OR REPLACE FUNCTION _cancel_orphaned_sessions(p_older_than interval, p_limit integer DEFAULT NULL) RETURNS SETOF client_sessions
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
-- client_sessions_unpaid_peer has the order asked for: a plan kept since the table was small reads that index and no other.
SET enable_sort TO off
AS $$
DECLARE
    v_session client_sessions;
BEGIN
    FOR v_session IN
        SELECT * FROM client_sessions s
        WHERE s.is_peer_booking AND s.paid_at IS NULL AND s.status IN ('scheduled', 'confirmed', 'in_progress')
          AND s.created_at < now() - p_older_than
        ORDER BY s.created_at
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        v_session := _mark_session_cancelled(v_session.id, 'Never paid for');
        PERFORM _tell_cancellation(v_session, 0);
        PERFORM _audit('cleanup_orphaned_sessions', 'session', v_session.id);
        RETURN NEXT v_session;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION _cancel_orphaned_sessions FROM PUBLIC, anon, authenticated, service_role;
