-- Error: invalid_state (status).
CREATE OR REPLACE FUNCTION _check_booking_confirmed(p_booking bookings) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_booking.booking_status <> 'confirmed' THEN
        PERFORM _fail('invalid_state', format('This booking is %s', p_booking.booking_status),
                      jsonb_build_object('status', p_booking.booking_status));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_booking_confirmed FROM PUBLIC, anon, authenticated, service_role;
