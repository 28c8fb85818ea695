-- Whether a class can be booked at this time; staff may do so until its start. Errors: invalid_state (status), in_the_past, too_late (deadline).
CREATE OR REPLACE FUNCTION _check_class_open(p_class class_sessions, p_is_staff boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_class.status <> 'scheduled' THEN
        PERFORM _fail('invalid_state', format('This class is %s', p_class.status), jsonb_build_object('status', p_class.status));
    END IF;
    IF p_class.starts_at <= now() THEN
        PERFORM _fail('in_the_past', 'This class has started');
    END IF;
    IF NOT p_is_staff AND p_class.starts_at - p_class.booking_cutoff < now() THEN
        PERFORM _fail('too_late', 'Booking for this class is closed', jsonb_build_object('deadline', p_class.starts_at - p_class.booking_cutoff));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_class_open FROM PUBLIC, anon, authenticated, service_role;
