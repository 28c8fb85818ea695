-- Gives free places of a locked class to those who wait, in order of joining, before the cut-off; skips whom nothing covers, who is inactive,
-- and who has a place already: as the lead or client whom a conversion made the same person.
-- Returns their bookings. Locks: (2) and (3) of those it looks at, one after the other, under the organization's row.
CREATE OR REPLACE FUNCTION _promote_waitlist(p_class_session_id uuid) RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_class    class_sessions;
    v_waiting  class_waitlist;
    v_customer class_customer;
    v_payment  class_payment;
    v_booking  bookings;
    v_promoted uuid[] := ARRAY[]::uuid[];
BEGIN
    SELECT * INTO STRICT v_class FROM class_sessions c WHERE c.id = p_class_session_id;
    IF v_class.status <> 'scheduled' OR v_class.starts_at <= now() OR v_class.starts_at - v_class.booking_cutoff < now() THEN
        RETURN v_promoted;
    END IF;
    FOR v_waiting IN
        SELECT * FROM class_waitlist w WHERE w.class_session_id = p_class_session_id AND w.status = 'waiting' ORDER BY w.place
    LOOP
        EXIT WHEN v_class.taken >= v_class.capacity;
        v_customer.organization_id := v_class.organization_id;
        v_customer.customer_id := v_waiting.customer_id;
        v_customer.client_id := v_waiting.client_id;
        v_customer := _lock_customer(v_customer);
        CONTINUE WHEN NOT v_customer.is_active OR _holds_place(p_class_session_id, v_customer.person_id);
        v_payment := _class_payment(v_class, v_customer.person_id, NULL, NULL);
        CONTINUE WHEN v_payment.method IS NULL;
        v_booking := _write_class_booking(v_class, v_customer, v_payment, 'waitlist', 'class_waitlist_promoted');
        v_class.taken := v_class.taken + 1;
        v_promoted := v_promoted || v_booking.id;
    END LOOP;
    RETURN v_promoted;
END
$$;
REVOKE ALL ON FUNCTION _promote_waitlist FROM PUBLIC, anon, authenticated, service_role;
