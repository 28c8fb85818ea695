-- run_maintenance(): cancels peer sessions that were never paid for.
CREATE OR REPLACE FUNCTION _peer_maintenance(p_limit integer) RETURNS TABLE (task text, done bigint)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    task := 'orphans_cancelled';
    done := (SELECT count(*) FROM _cancel_orphaned_sessions('15 minutes', p_limit));
    RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION _peer_maintenance FROM PUBLIC, anon, authenticated, service_role;
