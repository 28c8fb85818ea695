-- I8: a booking stays in its class and with its person.
CREATE OR REPLACE FUNCTION keep_booking_in_place() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'check_violation',
        MESSAGE = 'A booking does not move to another class',
        HINT = 'Cancel it and book the other class.';
END
$$;
REVOKE ALL ON FUNCTION keep_booking_in_place FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_booking_in_place IS 'Trigger: refuses to move a booking to another class.';
CREATE OR REPLACE TRIGGER bookings_stay_in_class
    BEFORE UPDATE OF class_session_id ON bookings
    FOR EACH ROW WHEN (OLD.class_session_id IS DISTINCT FROM NEW.class_session_id) EXECUTE FUNCTION keep_booking_in_place();
