-- Lock (1): as _lock_class_booking(), for the organization's staff and the service. Errors: not_found, not_allowed (the customer).
CREATE OR REPLACE FUNCTION _lock_class_booking_as_staff(p_booking_id uuid) RETURNS bookings
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_booking bookings;
BEGIN
    v_booking := _lock_class_booking(p_booking_id);
    IF NOT _is_staff(v_booking.organization_id) THEN
        PERFORM _fail('not_allowed', 'Only staff of this organization may do this');
    END IF;
    RETURN v_booking;
END
$$;
REVOKE ALL ON FUNCTION _lock_class_booking_as_staff FROM PUBLIC, anon, authenticated, service_role;
