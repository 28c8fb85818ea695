-- A host takes a spot back that they had booked for a guest; the guest's data goes.
-- Locks: session, guest spot, employee (the host).
DROP TYPE IF EXISTS cancel_guest_booking_result;
CREATE TYPE cancel_guest_booking_result AS (
    success       boolean,
    guest_spot_id uuid,
    status        text
);
CREATE OR REPLACE FUNCTION cancel_guest_booking(p_session_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_session_id', p_session_id);
    v_replay    json;
    v_result    cancel_guest_booking_result;
    v_spot      guest_spots;
    v_session   sessions;
BEGIN
    v_replay := _begin_command('cancel_guest_booking', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_spot := _lock_spot_as_host(p_session_id);
    PERFORM _check_spot_status(v_spot, 'booked_by_host');
    SELECT * INTO STRICT v_session FROM sessions s WHERE s.id = p_session_id;
    PERFORM _check_not_started(v_session);

    v_spot := _take_guest_spot_back(v_spot);
    PERFORM _audit('cancel_guest_booking', 'guest_spot', v_spot.id, jsonb_build_object('session_id', p_session_id));

    v_result.guest_spot_id := v_spot.id;
    v_result.status := v_spot.status;
    v_result.success := true;
    RETURN _finish_command('cancel_guest_booking', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION cancel_guest_booking FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION cancel_guest_booking TO authenticated, service_role;
COMMENT ON FUNCTION cancel_guest_booking IS
'The host takes back, before the start, a spot booked for a guest; name, e-mail address and phone number of the guest are removed. The service acts as the host.
p_session_id: uuid of the session. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, guest_spot_id, status (guest_spots.status)}.
Raises: invalid_input, not_authenticated, not_allowed (not the host), not_found, invalid_state, spot_not_available (status), in_the_past, idempotency_conflict.
Rule: contract, section 5.';
