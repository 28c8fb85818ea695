-- Staff note that a customer came. Locks: the organization, the class, the booking.
DROP TYPE IF EXISTS check_in_booking_result;
CREATE TYPE check_in_booking_result AS (
    success        boolean,
    booking_id     uuid,
    booking_status text
);
CREATE OR REPLACE FUNCTION check_in_booking(p_booking_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_booking_id', p_booking_id);
    v_replay    json;
    v_result    check_in_booking_result;
    v_booking   bookings;
BEGIN
    v_replay := _begin_command('check_in_booking', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_booking := _lock_class_booking_as_staff(p_booking_id);
    PERFORM _check_booking_confirmed(v_booking);

    UPDATE bookings b SET booking_status = 'attended' WHERE b.id = p_booking_id;
    PERFORM _audit('check_in_booking', 'class_booking', p_booking_id, jsonb_build_object(
        'organization_id', v_booking.organization_id, 'class_session_id', v_booking.class_session_id));

    v_result.booking_id := p_booking_id;
    v_result.booking_status := 'attended';

    v_result.success := true;
    RETURN _finish_command('check_in_booking', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION check_in_booking FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION check_in_booking TO authenticated, service_role;
COMMENT ON FUNCTION check_in_booking IS
'Staff check a customer in: the booking is attended. For staff and the service.
p_booking_id: uuid of a confirmed booking. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, booking_id, booking_status (bookings.booking_status)}.
Raises: invalid_input, not_authenticated, not_allowed (the customer), not_found (also another organization''s), invalid_state (status), idempotency_conflict.
Rule: contract, section 8.';
