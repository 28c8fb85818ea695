-- Who is concerned by a session: those who work at it, the spot's host, whoever booked the spot, the host's guest. Each once.
CREATE OR REPLACE FUNCTION _session_receivers(p_session_id uuid, p_spot guest_spots) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_employees uuid[];
    v_receivers jsonb;
BEGIN
    v_employees := ARRAY(
        SELECT a.employee_id FROM session_employees a WHERE a.session_id = p_session_id
        UNION
        -- cancelled_at, not status: see guest_spot_agrees_with_booking().
        SELECT b.employee_id FROM gusmester_bookings b WHERE b.session_id = p_session_id AND b.cancelled_at IS NULL
        UNION
        SELECT p_spot.host_employee_id WHERE p_spot.host_employee_id IS NOT NULL);
    -- KEY SHARE as in book_gusmester_spot().
    PERFORM FROM employees e WHERE e.id = ANY (v_employees) ORDER BY e.id FOR KEY SHARE;
    SELECT coalesce(jsonb_agg(jsonb_build_object('user_id', e.user_id, 'address', e.email)), '[]')
    INTO v_receivers
    FROM employees e WHERE e.id = ANY (v_employees);
    IF p_spot.guest_email IS NOT NULL THEN
        v_receivers := v_receivers || jsonb_build_object('address', p_spot.guest_email);
    END IF;
    RETURN v_receivers;
END
$$;
REVOKE ALL ON FUNCTION _session_receivers FROM PUBLIC, anon, authenticated, service_role;
