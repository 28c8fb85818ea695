-- A host gives the guest spot to a guest of their own.
-- Locks: session, guest spot, employee (the host).
DROP TYPE IF EXISTS book_guest_for_session_result;
CREATE TYPE book_guest_for_session_result AS (
    success       boolean,
    guest_spot_id uuid,
    status        text
);
CREATE OR REPLACE FUNCTION book_guest_for_session(
    p_session_id uuid, p_guest_name text, p_guest_email text, p_guest_phone text DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object(
        'p_session_id', p_session_id,
        'p_guest_name', left(p_guest_name, 10001),
        'p_guest_email', left(p_guest_email, 10001),
        'p_guest_phone', left(p_guest_phone, 10001));
    v_replay    json;
    v_result    book_guest_for_session_result;
    v_name      text;
    v_email     text;
    v_phone     text;
    v_spot      guest_spots;
    v_session   sessions;
BEGIN
    v_replay := _begin_command('book_guest_for_session', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_name := _require_text('p_guest_name', p_guest_name);
    v_email := _require_email('p_guest_email', p_guest_email);
    v_phone := _optional_text('p_guest_phone', p_guest_phone);
    v_spot := _lock_spot_as_host(p_session_id);
    PERFORM _require_active_employee(e) FROM employees e WHERE e.id = v_spot.host_employee_id;
    PERFORM _check_spot_status(v_spot, 'reserved_for_host');
    SELECT * INTO STRICT v_session FROM sessions s WHERE s.id = p_session_id;
    PERFORM _check_not_started(v_session);

    UPDATE guest_spots g
    SET status = 'booked_by_host', guest_name = v_name, guest_email = v_email, guest_phone = v_phone
    WHERE g.id = v_spot.id;
    PERFORM _audit('book_guest_for_session', 'guest_spot', v_spot.id, jsonb_build_object(
        'session_id', p_session_id, 'employee_id', v_spot.host_employee_id));

    v_result.guest_spot_id := v_spot.id;
    v_result.status := 'booked_by_host';
    v_result.success := true;
    RETURN _finish_command('book_guest_for_session', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION book_guest_for_session FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION book_guest_for_session TO authenticated, service_role;
COMMENT ON FUNCTION book_guest_for_session IS
'The host books a reserved guest spot for a guest of their own, before the start. The service acts as the host.
p_session_id: uuid of the session. p_guest_name: text of at most 10000 characters. p_guest_email: an e-mail address of at most 320 characters. p_guest_phone: text. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, guest_spot_id, status (guest_spots.status)}.
Raises: invalid_input, not_authenticated, not_allowed (not the host), inactive, not_found, invalid_state, spot_not_available (status), in_the_past, idempotency_conflict.
Rule: contract, section 5.';
