-- An employee's bookings of guest spots, the latest session first.
CREATE OR REPLACE FUNCTION my_gusmester_bookings(p_employee_id uuid DEFAULT NULL)
RETURNS TABLE (
    booking_id uuid, session_id uuid, name text, starts_at timestamptz, duration_minutes integer, location text,
    host_name text, status text, point_cost integer, can_cancel boolean, cancel_deadline timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_employee_id uuid := (_acting_employee(p_employee_id)).id;
BEGIN
    RETURN QUERY
        SELECT b.id, s.id, s.name, s.starts_at, s.duration_minutes, s.location, h.name, b.status, b.point_cost,
               b.status = 'active' AND s.status = 'active' AND now() < s.starts_at - c.gus_cancel_notice,
               s.starts_at - c.gus_cancel_notice
        FROM gusmester_bookings b
        JOIN sessions s ON s.id = b.session_id
        JOIN guest_spots g ON g.session_id = s.id
        LEFT JOIN employees h ON h.id = g.host_employee_id
        JOIN settings c ON c.id
        WHERE b.employee_id = v_employee_id
        ORDER BY s.starts_at DESC, b.booked_at DESC, b.id;
END
$$;
REVOKE ALL ON FUNCTION my_gusmester_bookings FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION my_gusmester_bookings TO authenticated, service_role;
COMMENT ON FUNCTION my_gusmester_bookings IS
'An employee''s bookings of guest spots, cancelled ones too, the latest session first.
p_employee_id: uuid, for the service: for whom.
Returns: booking_id, session_id, name, starts_at, duration_minutes, location (may be NULL), host_name (NULL while the session has no host), status (gusmester_bookings.status), point_cost (points), can_cancel, cancel_deadline (from then on it is too late).
Raises: not_authenticated, not_allowed, invalid_input, not_found.
Rule: contract, section 5.';
