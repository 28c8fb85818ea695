-- An employee books a released guest spot for points.
-- Locks: session, guest spot, employee. The first look, before them, spares latecomers the wait; the one under them decides.
-- Errors: see COMMENT.
DROP TYPE IF EXISTS book_gusmester_spot_result;
CREATE TYPE book_gusmester_spot_result AS (
    success        boolean,
    booking_id     uuid,
    guest_spot_id  uuid,
    session_id     uuid,
    employee_id    uuid,
    points_charged integer,
    new_points     integer
);
CREATE OR REPLACE FUNCTION book_gusmester_spot(
    p_session_id uuid, p_employee_id uuid DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_session_id', p_session_id, 'p_employee_id', p_employee_id);
    v_replay    json;
    v_result    book_gusmester_spot_result;
    v_cost      integer;
    v_session   sessions;
    v_spot      guest_spots;
    v_employee  employees;
    v_host      employees;
    v_payload   jsonb;
BEGIN
    v_replay := _begin_command('book_gusmester_spot', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_employee := _acting_employee(p_employee_id);
    SELECT s.gus_spot_cost INTO STRICT v_cost FROM settings s WHERE s.id;

    SELECT * INTO v_session FROM sessions s WHERE s.id = p_session_id;
    SELECT * INTO v_spot FROM guest_spots g WHERE g.session_id = p_session_id;
    PERFORM _check_spot_bookable(p_session_id, v_session, v_spot, v_employee, v_cost);

    v_session := _lock_session(p_session_id);
    v_spot := _lock_guest_spot(p_session_id);
    v_employee := _lock_employee(v_employee.id);
    PERFORM _check_spot_bookable(p_session_id, v_session, v_spot, v_employee, v_cost);

    v_result.booking_id := _new_id();
    -- One statement, so that I1 holds after each, however the caller has set its constraints.
    WITH spot AS (
        UPDATE guest_spots g SET status = 'booked_by_gusmester' WHERE g.id = v_spot.id
    )
    INSERT INTO gusmester_bookings (id, employee_id, session_id, point_cost)
    VALUES (v_result.booking_id, v_employee.id, v_session.id, v_cost);
    v_result.new_points := _post_points(v_employee.id, -v_cost, 'Booked gusmester spot', v_session.id, v_result.booking_id);

    -- KEY SHARE keeps the host's address from being erased before the notification is there to be erased with it.
    SELECT * INTO v_host FROM employees e WHERE e.id = v_spot.host_employee_id FOR KEY SHARE;
    v_payload := jsonb_build_object('booking_id', v_result.booking_id, 'name', v_session.name, 'starts_at', v_session.starts_at);
    PERFORM _queue_notifications(jsonb_build_array(
        jsonb_build_object('type', 'gusmester_spot_booked', 'user_id', v_employee.user_id, 'address', v_employee.email,
                           'session_id', v_session.id, 'payload', v_payload || '{"role": "gusmester"}'),
        jsonb_build_object('type', 'gusmester_spot_booked', 'user_id', v_host.user_id, 'address', v_host.email,
                           'session_id', v_session.id, 'payload', v_payload || '{"role": "host"}')));
    PERFORM _audit('book_gusmester_spot', 'gusmester_booking', v_result.booking_id, jsonb_build_object(
        'session_id', v_session.id, 'employee_id', v_employee.id, 'points', v_cost));

    v_result.success := true;
    v_result.guest_spot_id := v_spot.id;
    v_result.session_id := v_session.id;
    v_result.employee_id := v_employee.id;
    v_result.points_charged := v_cost;
    RETURN _finish_command('book_gusmester_spot', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION book_gusmester_spot FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION book_gusmester_spot TO authenticated, service_role;
COMMENT ON FUNCTION book_gusmester_spot IS
'An employee books the released guest spot of a session for points (settings.gus_spot_cost, 150); the employee and the host are notified.
p_session_id: uuid of an active session that has not started. p_employee_id: uuid, for the service: for whom. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, booking_id, guest_spot_id, session_id, employee_id, points_charged, new_points}; points are integers.
Raises: invalid_input, not_authenticated, not_allowed, inactive, not_found, invalid_state, self_booking (the host), already_booked, spot_not_available (status), in_the_past, insufficient_points (required, available), idempotency_conflict.
Rule: contract, section 5.';
