-- A customer cancels their booking, or staff do: in time the use is given back, and who waits gets the place.
-- Locks: the organization, the class, the booking; then one after the other those who wait.
DROP TYPE IF EXISTS cancel_class_booking_result;
CREATE TYPE cancel_class_booking_result AS (
    success             boolean,
    booking_id          uuid,
    usage_returned      boolean,
    promoted_booking_id uuid
);
CREATE OR REPLACE FUNCTION cancel_class_booking(
    p_booking_id uuid, p_reason text DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_booking_id', p_booking_id, 'p_reason', left(p_reason, 10001));
    v_replay    json;
    v_result    cancel_class_booking_result;
    v_reason    text;
    v_booking   bookings;
    v_class     class_sessions;
    v_notice    interval;
BEGIN
    v_replay := _begin_command('cancel_class_booking', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_reason := _optional_text('p_reason', p_reason);
    v_booking := _lock_class_booking(p_booking_id);
    PERFORM _check_booking_confirmed(v_booking);
    SELECT * INTO STRICT v_class FROM class_sessions c WHERE c.id = v_booking.class_session_id;
    IF v_class.starts_at <= now() THEN
        PERFORM _fail('too_late', 'This class has started', jsonb_build_object('deadline', v_class.starts_at));
    END IF;

    SELECT s.class_cancel_notice INTO STRICT v_notice FROM settings s WHERE s.id;
    -- Whoever was promoted may not have had the notice to cancel in time.
    v_result.usage_returned := _cancel_booking(
        p_booking_id, v_reason, v_class.starts_at - v_notice >= now() OR v_booking.source = 'waitlist');
    v_result.promoted_booking_id := (_promote_waitlist(v_class.id))[1];
    PERFORM _audit('cancel_class_booking', 'class_booking', p_booking_id, jsonb_build_object(
        'organization_id', v_booking.organization_id, 'class_session_id', v_class.id,
        'usage_returned', v_result.usage_returned, 'promoted_booking_id', v_result.promoted_booking_id));

    v_result.booking_id := p_booking_id;

    v_result.success := true;
    RETURN _finish_command('cancel_class_booking', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION cancel_class_booking FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION cancel_class_booking TO authenticated, service_role;
COMMENT ON FUNCTION cancel_class_booking IS
'A customer cancels their own booking before the class, staff and the service anybody''s. At least settings.class_cancel_notice (24 hours) before the class the use of the membership or package is given back, to whom the waitlist promoted at any hour; later it is kept. The first on the waitlist whom something covers gets the place.
p_booking_id: uuid of a confirmed booking. p_reason: text of at most 10000 characters. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, booking_id, usage_returned, promoted_booking_id (NULL where nobody was promoted)}.
Raises: invalid_input, not_authenticated, not_found (also somebody else''s booking), invalid_state (status), too_late (deadline, the class has started), idempotency_conflict.
Rule: contract, section 8.';
