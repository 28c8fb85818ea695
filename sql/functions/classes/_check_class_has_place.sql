-- Whether a person can take a place of a class. The helpers that say the refusals are called to refuse only.
-- Errors: inactive, those of _check_class_open(), already_booked, class_full (capacity).
CREATE OR REPLACE FUNCTION _check_class_has_place(p_class class_sessions, p_customer class_customer, p_is_staff boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT p_customer.is_active THEN
        PERFORM _check_customer_active(p_customer);
    END IF;
    PERFORM _check_class_open(p_class, p_is_staff);
    IF _holds_place(p_class.id, p_customer.person_id) THEN
        PERFORM _fail('already_booked', 'This person has booked this class');
    END IF;
    IF p_class.taken >= p_class.capacity THEN
        PERFORM _check_class_not_full(p_class);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_class_has_place FROM PUBLIC, anon, authenticated, service_role;
