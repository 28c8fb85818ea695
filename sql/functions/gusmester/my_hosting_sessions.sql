-- The sessions whose guest spot an employee hosts, the latest first.
CREATE OR REPLACE FUNCTION my_hosting_sessions(p_employee_id uuid DEFAULT NULL)
RETURNS TABLE (
    session_id uuid, guest_spot_id uuid, name text, starts_at timestamptz, status text, guest_name text,
    can_release boolean, will_earn_points boolean
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
        SELECT s.id, g.id, s.name, s.starts_at, g.status, g.guest_name, r.can_release,
               r.can_release AND now() < s.starts_at - c.gus_release_notice AND NOT g.points_earned AND c.gus_release_award > 0
        FROM guest_spots g
        JOIN sessions s ON s.id = g.session_id
        JOIN settings c ON c.id
        CROSS JOIN LATERAL (
            SELECT g.status = 'reserved_for_host' AND s.status = 'active' AND now() < s.starts_at
        ) AS r (can_release)
        WHERE g.host_employee_id = v_employee_id
        ORDER BY s.starts_at DESC, s.id;
END
$$;
REVOKE ALL ON FUNCTION my_hosting_sessions FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION my_hosting_sessions TO authenticated, service_role;
COMMENT ON FUNCTION my_hosting_sessions IS
'The sessions whose guest spot the employee hosts, the latest first.
p_employee_id: uuid, for the service: for whom.
Returns: session_id, guest_spot_id, name, starts_at, status (guest_spots.status), guest_name (NULL unless booked_by_host), can_release, will_earn_points (if released now).
Raises: not_authenticated, not_allowed, invalid_input, not_found.
Rule: contract, section 5.';
