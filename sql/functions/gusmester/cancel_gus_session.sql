-- An admin cancels a session: every active booking is refunded whatever the hour, a host's guest is taken off, everybody concerned is told.
-- Locks: session, guest spot, bookings, employees in ascending id order.
DROP TYPE IF EXISTS cancel_gus_session_result;
CREATE TYPE cancel_gus_session_result AS (
    success           boolean,
    session_id        uuid,
    bookings_refunded integer,
    points_refunded   integer
);
CREATE OR REPLACE FUNCTION cancel_gus_session(
    p_session_id uuid, p_reason text, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_session_id', p_session_id, 'p_reason', left(p_reason, 10001));
    v_replay    json;
    v_result    cancel_gus_session_result;
    v_reason    text;
    v_session   sessions;
    v_spot      guest_spots;
    v_booking   gusmester_bookings;
    v_receivers jsonb;
BEGIN
    v_replay := _begin_command('cancel_gus_session', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_gusmester_admin();
    PERFORM _require_value('p_session_id', p_session_id);
    v_reason := _require_text('p_reason', p_reason);
    v_session := _lock_session(p_session_id);
    v_spot := _lock_guest_spot(p_session_id);
    PERFORM _check_session_found(p_session_id, v_session);
    PERFORM _check_session_active(v_session);
    -- cancelled_at, not status: see guest_spot_agrees_with_booking().
    PERFORM FROM gusmester_bookings b WHERE b.session_id = p_session_id AND b.cancelled_at IS NULL ORDER BY b.id FOR NO KEY UPDATE;
    PERFORM FROM employees e
    WHERE e.id IN (SELECT b.employee_id FROM gusmester_bookings b WHERE b.session_id = p_session_id AND b.cancelled_at IS NULL)
    ORDER BY e.id FOR NO KEY UPDATE;

    v_receivers := _session_receivers(v_session.id, v_spot);
    v_result.bookings_refunded := 0;
    v_result.points_refunded := 0;
    FOR v_booking IN SELECT * FROM gusmester_bookings b WHERE b.session_id = p_session_id AND b.cancelled_at IS NULL LOOP
        PERFORM _refund_gusmester_booking(v_booking, 'Session cancelled');
        v_result.bookings_refunded := v_result.bookings_refunded + 1;
        v_result.points_refunded := v_result.points_refunded + v_booking.point_cost;
    END LOOP;
    IF v_spot.status = 'booked_by_host' THEN
        PERFORM _take_guest_spot_back(v_spot);
    ELSE
        PERFORM _settle_guest_spot(p_session_id);
    END IF;
    UPDATE sessions s SET status = 'cancelled', cancellation_reason = v_reason WHERE s.id = p_session_id;
    PERFORM _queue_notifications((
        SELECT jsonb_agg(r.receiver || jsonb_build_object(
            'type', 'gus_session_cancelled',
            'session_id', p_session_id,
            'payload', jsonb_build_object('name', v_session.name, 'starts_at', v_session.starts_at, 'reason', v_reason)))
        FROM jsonb_array_elements(v_receivers) AS r (receiver)));
    PERFORM _audit('cancel_gus_session', 'session', p_session_id, jsonb_build_object(
        'bookings', v_result.bookings_refunded, 'points', v_result.points_refunded,
        'guests', (v_spot.status = 'booked_by_host')::int));

    v_result.session_id := p_session_id;
    v_result.success := true;
    RETURN _finish_command('cancel_gus_session', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION cancel_gus_session FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION cancel_gus_session TO authenticated, service_role;
COMMENT ON FUNCTION cancel_gus_session IS
'An admin cancels an active session: every active booking is refunded whatever the hour, a host''s guest is taken off, and the employees, the booker and the guest are notified.
p_session_id: uuid. p_reason: text of at most 10000 characters, told to those concerned. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, bookings_refunded, points_refunded}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, invalid_state (status), idempotency_conflict.
Rule: contract, section 5.';
