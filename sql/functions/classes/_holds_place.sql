-- Whether a person has a booking of a class that is not cancelled.
CREATE OR REPLACE FUNCTION _holds_place(p_class_session_id uuid, p_person_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM bookings b
    WHERE b.class_session_id = p_class_session_id AND b.person_id = p_person_id AND b.booking_status <> 'cancelled';
    RETURN FOUND;
END
$$;
REVOKE ALL ON FUNCTION _holds_place FROM PUBLIC, anon, authenticated, service_role;
