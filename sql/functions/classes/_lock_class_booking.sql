-- Lock (1): a booking's organization, class and row; the customer's own, the organization's staff's or the service's.
-- Error: not_found (also somebody else's).
CREATE OR REPLACE FUNCTION _lock_class_booking(p_booking_id uuid) RETURNS bookings
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_booking bookings;
BEGIN
    PERFORM _require_value('p_booking_id', p_booking_id);
    SELECT * INTO v_booking FROM bookings b WHERE b.id = p_booking_id;
    IF NOT FOUND OR NOT (v_booking.person_id = ANY (caller_persons()) OR _is_staff(v_booking.organization_id)) THEN
        PERFORM _fail('not_found', 'No such booking', jsonb_build_object('entity', 'class_booking', 'id', p_booking_id));
    END IF;
    PERFORM _lock_organization(v_booking.organization_id);
    PERFORM _lock_class(v_booking.class_session_id);
    SELECT * INTO STRICT v_booking FROM bookings b WHERE b.id = p_booking_id FOR NO KEY UPDATE;
    RETURN v_booking;
END
$$;
REVOKE ALL ON FUNCTION _lock_class_booking FROM PUBLIC, anon, authenticated, service_role;
