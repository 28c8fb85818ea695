-- The one way points move: a row of history, whose triggers number it, chain it and move employees.points. Returns the new points.
-- The employee is locked by the caller. Nothing is written for 0.
CREATE OR REPLACE FUNCTION _post_points(
    p_employee_id uuid, p_amount integer, p_reason text, p_session_id uuid DEFAULT NULL, p_booking_id uuid DEFAULT NULL
) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_points integer;
BEGIN
    IF p_amount = 0 THEN
        RETURN (SELECT e.points FROM employees e WHERE e.id = p_employee_id);
    END IF;
    INSERT INTO employee_points_history (employee_id, amount, reason, related_session_id, related_booking_id)
    VALUES (p_employee_id, p_amount, p_reason, p_session_id, p_booking_id)
    RETURNING points_after INTO v_points;
    RETURN v_points;
END
$$;
REVOKE ALL ON FUNCTION _post_points FROM PUBLIC, anon, authenticated, service_role;
