-- Staff cancel a class: every use is given back whatever the hour, nobody waits any more, everybody is told.
-- Locks: the organization, the class, its bookings in ascending id order.
DROP TYPE IF EXISTS cancel_class_session_result;
CREATE TYPE cancel_class_session_result AS (
    success            boolean,
    class_session_id   uuid,
    bookings_cancelled integer,
    uses_returned      integer
);
CREATE OR REPLACE FUNCTION cancel_class_session(
    p_class_session_id uuid, p_reason text DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_class_session_id', p_class_session_id, 'p_reason', left(p_reason, 10001));
    v_replay    json;
    v_result    cancel_class_session_result;
    v_reason    text;
    v_class     class_sessions;
    v_booking   bookings;
BEGIN
    v_replay := _begin_command('cancel_class_session', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_reason := _optional_text('p_reason', p_reason);
    v_class := _class_of_staff(p_class_session_id);
    PERFORM _lock_organization(v_class.organization_id);
    v_class := _lock_class(p_class_session_id);
    IF v_class.status <> 'scheduled' THEN
        PERFORM _fail('invalid_state', format('This class is %s', v_class.status), jsonb_build_object('status', v_class.status));
    END IF;
    PERFORM FROM bookings b WHERE b.class_session_id = p_class_session_id ORDER BY b.id FOR NO KEY UPDATE;

    PERFORM _tell_class_cancelled(v_class, v_reason);
    v_result.bookings_cancelled := 0;
    v_result.uses_returned := 0;
    FOR v_booking IN
        SELECT * FROM bookings b
        WHERE b.class_session_id = p_class_session_id AND b.booking_status <> 'cancelled'
        ORDER BY b.package_id, b.id
    LOOP
        v_result.bookings_cancelled := v_result.bookings_cancelled + 1;
        v_result.uses_returned := v_result.uses_returned + _cancel_booking(v_booking.id, v_reason, true)::int;
    END LOOP;
    UPDATE class_waitlist w SET status = 'closed' WHERE w.class_session_id = p_class_session_id AND w.status = 'waiting';
    UPDATE class_sessions c SET status = 'cancelled' WHERE c.id = p_class_session_id;
    PERFORM _audit('cancel_class_session', 'class_session', p_class_session_id, jsonb_build_object(
        'organization_id', v_class.organization_id, 'bookings', v_result.bookings_cancelled, 'uses_returned', v_result.uses_returned));

    v_result.class_session_id := p_class_session_id;

    v_result.success := true;
    RETURN _finish_command('cancel_class_session', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION cancel_class_session FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION cancel_class_session TO authenticated, service_role;
COMMENT ON FUNCTION cancel_class_session IS
'Staff cancel a class: its bookings are cancelled, also of those who did not come, every use of a membership or package is given back whatever the hour, the waitlist is closed, and everybody who has a place or waits is notified. For staff and the service.
p_class_session_id: uuid of a scheduled class. p_reason: text of at most 10000 characters, told to everybody. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, class_session_id, bookings_cancelled, uses_returned}.
Raises: invalid_input, not_authenticated, not_found (also another organization''s), invalid_state (status), idempotency_conflict.
Rule: contract, section 8.';
