-- Staff note what became of a booking's payment: pending becomes paid or failed, paid becomes refunded. Locks: the organization, the class, the booking.
DROP TYPE IF EXISTS set_booking_payment_status_result;
CREATE TYPE set_booking_payment_status_result AS (
    success        boolean,
    booking_id     uuid,
    payment_status text
);
CREATE OR REPLACE FUNCTION set_booking_payment_status(
    p_booking_id uuid, p_payment_status text, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_booking_id', p_booking_id, 'p_payment_status', left(p_payment_status, 10001));
    v_replay    json;
    v_result    set_booking_payment_status_result;
    v_booking   bookings;
BEGIN
    v_replay := _begin_command('set_booking_payment_status', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    IF p_payment_status IS NULL OR p_payment_status NOT IN ('pending', 'paid', 'failed', 'refunded') THEN
        PERFORM _fail('invalid_input', 'p_payment_status is not paid, failed or refunded', '{"parameter": "p_payment_status"}');
    END IF;
    v_booking := _lock_class_booking_as_staff(p_booking_id);
    IF (v_booking.payment_status, p_payment_status) NOT IN (('pending', 'paid'), ('pending', 'failed'), ('paid', 'refunded')) THEN
        PERFORM _fail('invalid_state', format('The payment of this booking is %s', v_booking.payment_status),
                      jsonb_build_object('status', v_booking.payment_status));
    END IF;

    UPDATE bookings b SET payment_status = p_payment_status WHERE b.id = p_booking_id;
    PERFORM _audit('set_booking_payment_status', 'class_booking', p_booking_id, jsonb_build_object(
        'organization_id', v_booking.organization_id, 'payment_status', p_payment_status));

    v_result.booking_id := p_booking_id;
    v_result.payment_status := p_payment_status;

    v_result.success := true;
    RETURN _finish_command('set_booking_payment_status', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION set_booking_payment_status FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION set_booking_payment_status TO authenticated, service_role;
COMMENT ON FUNCTION set_booking_payment_status IS
'Staff note what became of a booking''s payment. For staff and the service.
p_booking_id: uuid. p_payment_status: one of paid (when it is pending), failed (when it is pending), refunded (when it is paid). p_idempotency_key: text of 1 to 255 characters.
Returns: {success, booking_id, payment_status (bookings.payment_status)}.
Raises: invalid_input, not_authenticated, not_allowed (the customer), not_found (also another organization''s), invalid_state (status), idempotency_conflict.
Rule: contract, section 8.';
