-- Cancels an active booking, releases its spot and gives back what was charged. Everything is locked by the caller. Returns the new points.
CREATE OR REPLACE FUNCTION _refund_gusmester_booking(p_booking gusmester_bookings, p_reason text) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    -- One statement, so that I1 holds after each, however the caller has set its constraints.
    WITH booking AS (
        UPDATE gusmester_bookings b SET status = 'cancelled', cancelled_at = now() WHERE b.id = p_booking.id
    )
    UPDATE guest_spots g SET status = 'released_to_public' WHERE g.session_id = p_booking.session_id;
    RETURN _post_points(p_booking.employee_id, p_booking.point_cost, p_reason, p_booking.session_id, p_booking.id);
END
$$;
REVOKE ALL ON FUNCTION _refund_gusmester_booking FROM PUBLIC, anon, authenticated, service_role;
