-- Active practitioners who accept peer bookings, oneself apart, with what a session costs.
CREATE OR REPLACE FUNCTION peer_practitioners(p_search text DEFAULT NULL, p_duration_minutes int DEFAULT 60)
RETURNS TABLE (practitioner_id uuid, full_name text, timezone text, credit_cost integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_search text;
BEGIN
    PERFORM _require_caller();
    v_search := lower(_optional_text('p_search', p_search));
    PERFORM _require_session_minutes(p_duration_minutes);
    RETURN QUERY
        SELECT p.user_id, n.full_name, p.timezone,
               coalesce(r.credit_cost, greatest(1, (p.credits_per_hour * p_duration_minutes + 59) / 60))
        FROM practitioners p
        JOIN profiles n ON n.user_id = p.user_id
        LEFT JOIN credit_rates r ON r.practitioner_id = p.user_id AND r.duration_minutes = p_duration_minutes
        WHERE p.is_active AND p.accepts_peer_bookings AND n.is_active AND n.deleted_at IS NULL
          AND p.user_id IS DISTINCT FROM caller_id()
          AND (v_search IS NULL OR position(v_search IN lower(n.full_name)) > 0)
        ORDER BY n.full_name, p.user_id
        LIMIT 1000;
END
$$;
REVOKE ALL ON FUNCTION peer_practitioners FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION peer_practitioners TO authenticated, service_role;
COMMENT ON FUNCTION peer_practitioners IS
'Active practitioners who accept peer bookings, by name, oneself apart, with what a session with them costs; at most 1000.
p_search: text that the name contains, in any case; default all. p_duration_minutes: 15 to 180.
Returns: practitioner_id, full_name (may be NULL), timezone, credit_cost (credits).
Raises: not_authenticated, invalid_input.
Rule: contract, section 7.';
