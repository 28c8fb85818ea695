-- Error: already_booked (has a place in the class, or waits for one).
CREATE OR REPLACE FUNCTION _check_not_in_line(p_class_session_id uuid, p_person_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF _holds_place(p_class_session_id, p_person_id) THEN
        PERFORM _fail('already_booked', 'This person has booked this class');
    END IF;
    PERFORM FROM class_waitlist w
    WHERE w.class_session_id = p_class_session_id AND w.person_id = p_person_id AND w.status = 'waiting';
    IF FOUND THEN
        PERFORM _fail('already_booked', 'This person is on the waitlist', '{}', 'Wait for the notification.');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_not_in_line FROM PUBLIC, anon, authenticated, service_role;
