-- A client books a therapist for credits: session, payment, notifications and reminders at once or not at all.
-- Checks: caller, key, input, people, lock, time, money. Locks: both people in id order, then the client's account.
DROP TYPE IF EXISTS create_session_with_credit_deduction_result;
CREATE TYPE create_session_with_credit_deduction_result AS (
    success              boolean,
    session_id           uuid,
    starts_at            timestamptz,
    ends_at              timestamptz,
    status               text,
    credit_cost          integer,
    client_balance_after bigint
);
CREATE OR REPLACE FUNCTION create_session_with_credit_deduction(
    p_user_id uuid, p_therapist_id uuid, p_session_date date, p_session_time time, p_duration_minutes int DEFAULT 60,
    p_session_type text DEFAULT 'video', p_notes text DEFAULT NULL, p_title text DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments    jsonb := jsonb_build_object(
        'p_user_id', p_user_id,
        'p_therapist_id', p_therapist_id,
        'p_session_date', p_session_date,
        'p_session_time', p_session_time,
        'p_duration_minutes', p_duration_minutes,
        'p_session_type', left(p_session_type, 10001),
        'p_notes', left(p_notes, 10001),
        'p_title', left(p_title, 10001));
    v_replay       json;
    v_result       create_session_with_credit_deduction_result;
    v_client_id    uuid;
    v_new          client_sessions;
    v_practitioner practitioners;
    v_account      credits;
BEGIN
    v_replay := _begin_command('create_session_with_credit_deduction', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_client_id := _acting_person('p_user_id', p_user_id);
    PERFORM _require_booking('p_therapist_id', p_therapist_id, p_session_date, 'p_session_time', p_session_time, p_duration_minutes);
    IF p_session_type IS NULL OR p_session_type NOT IN ('video', 'audio', 'chat', 'in_person') THEN
        PERFORM _fail('invalid_input', 'p_session_type is not video, audio, chat or in_person', '{"parameter": "p_session_type"}');
    END IF;
    v_new.notes := _optional_text('p_notes', p_notes);
    v_new.title := _optional_text('p_title', p_title);
    IF v_client_id = p_therapist_id THEN
        PERFORM _fail('self_booking', 'Cannot book a session with yourself');
    END IF;

    PERFORM _lock_people(v_client_id, p_therapist_id);
    PERFORM _require_active_person(v_client_id);
    v_practitioner := _require_practitioner(p_therapist_id);
    v_new.starts_at := _require_session_start(p_session_date, p_session_time, v_practitioner.timezone);
    PERFORM _check_works_then(v_practitioner, v_new.starts_at, v_new.starts_at + make_interval(mins => p_duration_minutes));
    v_account := _lock_account(v_client_id);
    SELECT s.therapy_session_cost INTO STRICT v_new.credit_cost FROM settings s WHERE s.id;

    v_new.id := _new_id();
    -- sessions_nobody_in_two_places() refuses time that is taken.
    INSERT INTO client_sessions (
        id, client_id, therapist_id, starts_at, timezone, duration_minutes, session_type, credit_cost, paid_at, notes, title)
    VALUES (
        v_new.id, v_client_id, p_therapist_id, v_new.starts_at, v_practitioner.timezone, p_duration_minutes, p_session_type,
        v_new.credit_cost, now(), v_new.notes, v_new.title)
    RETURNING * INTO STRICT v_new;
    PERFORM _check_credits(v_account.balance, v_new.credit_cost);
    IF v_new.credit_cost > 0 THEN
        PERFORM _post_entries(v_account, 'session_payment', -v_new.credit_cost, 'Therapy session', p_session_id => v_new.id);
    END IF;

    PERFORM _tell_session(v_new, '{booking_confirmation}', '{booking_confirmation}', p_with_room => true);
    PERFORM _audit('create_session_with_credit_deduction', 'session', v_new.id, jsonb_build_object(
        'client_id', v_client_id, 'therapist_id', p_therapist_id, 'starts_at', v_new.starts_at, 'credits', v_new.credit_cost));

    v_result.success := true;
    v_result.session_id := v_new.id;
    v_result.starts_at := v_new.starts_at;
    v_result.ends_at := v_new.ends_at;
    v_result.status := v_new.status;
    v_result.credit_cost := v_new.credit_cost;
    v_result.client_balance_after := v_account.balance - v_new.credit_cost;
    RETURN _finish_command('create_session_with_credit_deduction', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION create_session_with_credit_deduction FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_session_with_credit_deduction TO authenticated, service_role;
COMMENT ON FUNCTION create_session_with_credit_deduction IS
'A client books a therapist for settings.therapy_session_cost (1) credits: the session, the payment, both notifications, the reminders and, for a video session, the order of its room, at once or not at all.
p_user_id: uuid of the client, oneself; the service says for whom. p_therapist_id: uuid of a practitioner who works then. p_session_date: local date in the therapist''s time zone. p_session_time: local time; of one that exists twice the first. p_duration_minutes: 15 to 180. p_session_type: one of video, audio, chat, in_person. p_notes: text of at most 10000 characters. p_title: text of at most 10000 characters. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, starts_at, ends_at, status (client_sessions.status), credit_cost, client_balance_after}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, self_booking, not_a_practitioner, inactive (user_id), nonexistent_local_time, in_the_past, outside_availability, slot_taken, insufficient_credits (required, available), idempotency_conflict.
Rule: contract, section 7.';
