-- An employee's ledger of points, newest first: one's own, an admin anybody's.
CREATE OR REPLACE FUNCTION get_points_history(p_employee_id uuid DEFAULT NULL, p_limit int DEFAULT 50)
RETURNS TABLE (
    id bigint, entry_number integer, amount integer, reason text, related_session_id uuid, related_booking_id uuid,
    points_before integer, points_after integer, created_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_employee_id uuid := _readable_employee(p_employee_id);
BEGIN
    PERFORM _require_limit(p_limit);
    RETURN QUERY
        SELECT h.id, h.entry_number, h.amount, h.reason, h.related_session_id, h.related_booking_id,
               h.points_before, h.points_after, h.created_at
        FROM employee_points_history h
        WHERE h.employee_id = v_employee_id
        ORDER BY h.entry_number DESC
        LIMIT p_limit;
END
$$;
REVOKE ALL ON FUNCTION get_points_history FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION get_points_history TO authenticated, service_role;
COMMENT ON FUNCTION get_points_history IS
'An employee''s ledger of points, newest first: one''s own, for an admin anybody''s.
p_employee_id: uuid; the service must give it, others leave it out for themselves. p_limit: 1 to 1000 rows.
Returns: id, entry_number (1, 2, … without gaps), amount (signed), reason, related_session_id (may be NULL), related_booking_id (may be NULL), points_before, points_after, created_at.
Raises: not_authenticated, not_allowed, invalid_input, not_found.
Rule: contract, section 5.';
