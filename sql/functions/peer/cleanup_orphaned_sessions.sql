-- Cancels peer sessions that were made without payment and never paid for, and reports them; nothing is deleted.
-- Locks: the sessions, those that nobody holds: one that is being paid at this moment is left alone.
CREATE OR REPLACE FUNCTION cleanup_orphaned_sessions(p_older_than interval DEFAULT '15 minutes')
RETURNS TABLE (session_id uuid, client_id uuid, practitioner_id uuid, starts_at timestamptz, created_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
BEGIN
    PERFORM _begin_command('cleanup_orphaned_sessions', NULL, NULL);
    PERFORM _require_service();
    IF p_older_than IS NULL OR p_older_than < interval '0' OR p_older_than > interval '366 days' OR NOT _is_bounded(p_older_than) THEN
        PERFORM _fail('invalid_input', 'p_older_than is not an interval of at most 366 days', '{"parameter": "p_older_than"}');
    END IF;
    RETURN QUERY
        SELECT o.id, o.client_id, o.therapist_id, o.starts_at, o.created_at FROM _cancel_orphaned_sessions(p_older_than) o;
END
$$;
REVOKE ALL ON FUNCTION cleanup_orphaned_sessions FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION cleanup_orphaned_sessions TO service_role;
COMMENT ON FUNCTION cleanup_orphaned_sessions IS
'Cancels peer sessions that were made without payment and never paid for; both people are notified. One row for each session that was cancelled. For the service.
p_older_than: interval of at most 366 days since the session was made.
Returns: session_id, client_id, practitioner_id, starts_at, created_at.
Raises: invalid_input, not_authenticated, not_allowed.
Rule: contract, section 7.';
