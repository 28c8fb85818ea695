-- An employee cancels a booking in time and gets back what was charged; the spot is released again.
-- Locks: session, guest spot, booking, employee.
DROP TYPE IF EXISTS cancel_gusmester_booking_result;
CREATE TYPE cancel_gusmester_booking_result AS (
    success         boolean,
    booking_id      uuid,
    points_refunded integer,
    new_points      integer
);
CREATE OR REPLACE FUNCTION cancel_gusmester_booking(p_booking_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_booking_id', p_booking_id);
    v_replay    json;
    v_result    cancel_gusmester_booking_result;
    v_own       uuid;
    v_booking   gusmester_bookings;
    v_session   sessions;
    v_deadline  timestamptz;
BEGIN
    v_replay := _begin_command('cancel_gusmester_booking', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_value('p_booking_id', p_booking_id);
    IF caller_id() IS NOT NULL THEN
        v_own := (_acting_employee(NULL)).id;
    END IF;
    -- Somebody else's booking is answered like an unknown one.
    SELECT * INTO v_booking FROM gusmester_bookings b
    WHERE b.id = p_booking_id AND (v_own IS NULL OR b.employee_id = v_own);
    IF NOT FOUND THEN
        PERFORM _fail('not_found', 'No such booking', jsonb_build_object('entity', 'gusmester_booking', 'id', p_booking_id));
    END IF;

    v_session := _lock_session(v_booking.session_id);
    PERFORM _lock_guest_spot(v_booking.session_id);
    SELECT * INTO STRICT v_booking FROM gusmester_bookings b WHERE b.id = p_booking_id FOR NO KEY UPDATE;
    PERFORM _lock_employee(v_booking.employee_id);
    IF v_booking.status <> 'active' THEN
        PERFORM _fail('invalid_state', format('This booking is %s', v_booking.status), jsonb_build_object('status', v_booking.status));
    END IF;
    PERFORM _check_session_active(v_session);
    v_deadline := v_session.starts_at - (SELECT s.gus_cancel_notice FROM settings s WHERE s.id);
    IF now() >= v_deadline THEN
        PERFORM _fail('too_late', 'This booking can no longer be cancelled', jsonb_build_object('deadline', v_deadline));
    END IF;

    v_result.new_points := _refund_gusmester_booking(v_booking, 'Cancelled gusmester booking');
    PERFORM _settle_guest_spot(v_booking.session_id);
    PERFORM _audit('cancel_gusmester_booking', 'gusmester_booking', p_booking_id, jsonb_build_object(
        'session_id', v_booking.session_id, 'employee_id', v_booking.employee_id, 'points', v_booking.point_cost));

    v_result.success := true;
    v_result.booking_id := p_booking_id;
    v_result.points_refunded := v_booking.point_cost;
    RETURN _finish_command('cancel_gusmester_booking', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION cancel_gusmester_booking FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION cancel_gusmester_booking TO authenticated, service_role;
COMMENT ON FUNCTION cancel_gusmester_booking IS
'An employee cancels their own booking more than settings.gus_cancel_notice (24 hours) before the start and gets back what was charged; the spot is released again.
p_booking_id: uuid of an active booking. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, booking_id, points_refunded, new_points}; points are integers.
Raises: invalid_input, not_authenticated, not_allowed, not_found (also somebody else''s booking), invalid_state (status), too_late (deadline), idempotency_conflict.
Rule: contract, section 5.';
