-- Cancels a locked booking and, where it is due, gives its use back. Returns whether a use was given back.
CREATE OR REPLACE FUNCTION _cancel_booking(p_booking_id uuid, p_reason text, p_with_use boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE bookings b
    SET booking_status = 'cancelled', cancelled_at = now(), cancelled_by = caller_id(), cancellation_reason = p_reason
    WHERE b.id = p_booking_id;
    RETURN CASE WHEN p_with_use THEN _return_use(p_booking_id) ELSE false END;
END
$$;
REVOKE ALL ON FUNCTION _cancel_booking FROM PUBLIC, anon, authenticated, service_role;
