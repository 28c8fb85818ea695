-- Released guest spots of sessions to come, one's own hosting left out.
CREATE OR REPLACE FUNCTION available_guest_spots(p_employee_id uuid DEFAULT NULL)
RETURNS TABLE (
    session_id uuid, guest_spot_id uuid, name text, starts_at timestamptz, duration_minutes integer, location text,
    host_name text, point_cost integer, can_afford boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_employee_id uuid := (_acting_employee(p_employee_id)).id;
BEGIN
    RETURN QUERY
        SELECT s.id, g.id, s.name, s.starts_at, s.duration_minutes, s.location,
               h.name, c.gus_spot_cost, e.points >= c.gus_spot_cost
        FROM sessions s
        -- OFFSET keeps the order of the joins: sessions to come are few, spots once released are many.
        CROSS JOIN LATERAL (SELECT * FROM guest_spots gs WHERE gs.session_id = s.id OFFSET 0) g
        JOIN employees h ON h.id = g.host_employee_id
        JOIN settings c ON c.id
        JOIN employees e ON e.id = v_employee_id
        WHERE s.status = 'active'
          AND s.starts_at > now()
          AND g.status = 'released_to_public'
          AND g.host_employee_id <> v_employee_id
        ORDER BY s.starts_at, s.id;
END
$$;
REVOKE ALL ON FUNCTION available_guest_spots FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION available_guest_spots TO authenticated, service_role;
COMMENT ON FUNCTION available_guest_spots IS
'The released guest spots of active sessions to come that the employee does not host, by start.
p_employee_id: uuid, for the service: for whom.
Returns: session_id, guest_spot_id, name, starts_at, duration_minutes, location (may be NULL), host_name, point_cost (points), can_afford.
Raises: not_authenticated, not_allowed, invalid_input, not_found.
Rule: contract, section 5.';
