-- Writes a booking of a class that is locked, has a place and is covered: the booking, the use of what covers it, and the notification.
-- Whoever waited for a place does not wait any more.
CREATE OR REPLACE FUNCTION _write_class_booking(
    p_class class_sessions, p_customer class_customer, p_payment class_payment, p_source text, p_notification text,
    p_network_address text DEFAULT NULL
) RETURNS bookings
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_booking bookings;
BEGIN
    v_booking.id := _new_id();
    INSERT INTO bookings (
        id, organization_id, class_session_id, customer_id, client_id, person_id, payment_method, payment_status, membership_id, package_id, source,
        network_address)
    VALUES (
        v_booking.id, p_class.organization_id, p_class.id, p_customer.customer_id, p_customer.client_id, p_customer.person_id, p_payment.method,
        CASE WHEN p_payment.method IN ('membership', 'package', 'free') THEN 'paid' ELSE 'pending' END,
        p_payment.membership_id, p_payment.package_id, p_source, p_network_address)
    RETURNING * INTO STRICT v_booking;
    IF p_payment.membership_id IS NOT NULL THEN
        INSERT INTO membership_usage (organization_id, membership_id, booking_id, period_start)
        VALUES (p_class.organization_id, p_payment.membership_id, v_booking.id, p_payment.period_start);
    ELSIF p_payment.package_id IS NOT NULL THEN
        INSERT INTO package_usage (organization_id, package_id, booking_id)
        VALUES (p_class.organization_id, p_payment.package_id, v_booking.id);
    END IF;
    UPDATE class_waitlist w SET status = 'promoted', booking_id = v_booking.id
    WHERE w.class_session_id = p_class.id AND w.person_id = v_booking.person_id AND w.status = 'waiting';
    PERFORM _tell_class(p_notification, p_class, p_customer, jsonb_build_object('booking_id', v_booking.id, 'payment_status', v_booking.payment_status));
    RETURN v_booking;
END
$$;
REVOKE ALL ON FUNCTION _write_class_booking FROM PUBLIC, anon, authenticated, service_role;
