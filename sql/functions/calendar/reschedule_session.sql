-- Either party moves a session before its start, the service at any time: as a new booking for which its own old time does not count.
-- No money moves. Locks: the session, both people.
DROP TYPE IF EXISTS reschedule_session_result;
CREATE TYPE reschedule_session_result AS (
    success    boolean,
    session_id uuid,
    starts_at  timestamptz,
    ends_at    timestamptz
);
CREATE OR REPLACE FUNCTION reschedule_session(
    p_session_id uuid, p_session_date date, p_start_time time, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments    jsonb := jsonb_build_object('p_session_id', p_session_id, 'p_session_date', p_session_date, 'p_start_time', p_start_time);
    v_replay       json;
    v_result       reschedule_session_result;
    v_session      client_sessions;
    v_practitioner practitioners;
    v_starts_at    timestamptz;
    v_old          timestamptz;
BEGIN
    v_replay := _begin_command('reschedule_session', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_date('p_session_date', p_session_date);
    PERFORM _require_value('p_start_time', p_start_time);
    v_session := _lock_session_of_caller(p_session_id);
    PERFORM _check_session_blocks(v_session);
    PERFORM _check_before_start(v_session);
    IF NOT v_session.is_peer_booking AND _is_late_for_client(v_session) THEN
        PERFORM _fail('too_late', 'It is too late to move this session', jsonb_build_object(
            'deadline', v_session.starts_at - (SELECT s.session_cancel_notice FROM settings s WHERE s.id)));
    END IF;

    PERFORM _lock_people(v_session.client_id, v_session.therapist_id);
    PERFORM _require_active_person(v_session.client_id);
    v_practitioner := _require_practitioner(v_session.therapist_id);
    IF v_session.is_peer_booking THEN
        PERFORM _require_practitioner(v_session.client_id);
        PERFORM _check_accepts_peers(v_practitioner);
    END IF;
    v_starts_at := _require_session_start(p_session_date, p_start_time, v_practitioner.timezone);
    PERFORM _check_works_then(v_practitioner, v_starts_at, v_starts_at + make_interval(mins => v_session.duration_minutes));

    v_old := v_session.starts_at;
    IF v_starts_at <> v_old THEN
        UPDATE client_sessions s SET starts_at = v_starts_at, timezone = v_practitioner.timezone
        WHERE s.id = v_session.id
        RETURNING * INTO STRICT v_session;
        -- A room is for its hours: it is ordered again, and whoever makes it gives the one there is its new times.
        PERFORM _withdraw_notifications(v_session.id, ARRAY['create_video_room']);
        PERFORM _tell_session(v_session, '{booking_rescheduled}', '{booking_rescheduled}', jsonb_build_object('old_starts_at', v_old),
                              p_with_room => true);
        PERFORM _audit('reschedule_session', 'session', v_session.id, jsonb_build_object('from', v_old, 'to', v_starts_at));
    END IF;

    v_result.success := true;
    v_result.session_id := v_session.id;
    v_result.starts_at := v_session.starts_at;
    v_result.ends_at := v_session.ends_at;
    RETURN _finish_command('reschedule_session', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION reschedule_session FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION reschedule_session TO authenticated, service_role;
COMMENT ON FUNCTION reschedule_session IS
'Moves a session: either party before its start, the service at any time. The client of a session that is not a peer session moves it only more than settings.session_cancel_notice (24 hours) before its start. The new time is checked like a new booking, the session''s own old time apart; reminders move, no credits do, both are notified.
p_session_id: uuid of a scheduled, confirmed or in_progress session of one''s own. p_session_date: local date in the practitioner''s time zone. p_start_time: local time; of one that exists twice the first. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, starts_at, ends_at}.
Raises: invalid_input, not_authenticated, not_found, invalid_state (status), too_late (deadline), not_a_practitioner (user_id), inactive (user_id), not_accepting (user_id), nonexistent_local_time, in_the_past, outside_availability, slot_taken, idempotency_conflict.
Rule: contract, section 7.';
