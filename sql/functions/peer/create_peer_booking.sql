-- A practitioner books another for credits: session, both entries, notifications and reminders at once or not at all.
-- Checks: caller, key, input, people, lock, time, money. Locks: both people in id order, then both accounts in id order.
DROP TYPE IF EXISTS create_peer_booking_result;
CREATE TYPE create_peer_booking_result AS (
    success                     boolean,
    session_id                  uuid,
    credit_cost                 integer,
    client_balance_before       bigint,
    client_balance_after        bigint,
    practitioner_balance_before bigint,
    practitioner_balance_after  bigint,
    starts_at                   timestamptz,
    ends_at                     timestamptz,
    status                      text
);
CREATE OR REPLACE FUNCTION create_peer_booking(
    p_client_id uuid, p_practitioner_id uuid, p_session_date date, p_start_time time, p_duration_minutes int,
    p_session_type text, p_notes text DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments    jsonb := jsonb_build_object(
        'p_client_id', p_client_id,
        'p_practitioner_id', p_practitioner_id,
        'p_session_date', p_session_date,
        'p_start_time', p_start_time,
        'p_duration_minutes', p_duration_minutes,
        'p_session_type', left(p_session_type, 10001),
        'p_notes', left(p_notes, 10001));
    v_replay       json;
    v_result       create_peer_booking_result;
    v_client_id    uuid;
    v_new          client_sessions;
    v_practitioner practitioners;
    v_paid         peer_payment;
BEGIN
    v_replay := _begin_command('create_peer_booking', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_client_id := _acting_person('p_client_id', p_client_id);
    PERFORM _require_booking('p_practitioner_id', p_practitioner_id, p_session_date, 'p_start_time', p_start_time, p_duration_minutes);
    v_new.session_type := _require_text('p_session_type', p_session_type);
    v_new.notes := _optional_text('p_notes', p_notes);
    IF v_client_id = p_practitioner_id THEN
        PERFORM _fail('self_booking', 'Cannot book a session with yourself');
    END IF;

    PERFORM _lock_people(v_client_id, p_practitioner_id);
    PERFORM _require_practitioner(v_client_id);
    v_practitioner := _require_practitioner(p_practitioner_id);
    IF NOT v_practitioner.accepts_peer_bookings THEN
        PERFORM _check_accepts_peers(v_practitioner);
    END IF;
    v_new.starts_at := _require_session_start(p_session_date, p_start_time, v_practitioner.timezone);
    PERFORM _check_works_then(v_practitioner, v_new.starts_at, v_new.starts_at + make_interval(mins => p_duration_minutes));
    v_new.credit_cost := _peer_credit_cost(v_practitioner, p_duration_minutes);
    v_paid := _lock_peer_accounts(v_client_id, p_practitioner_id);

    v_new.id := _new_id();
    -- sessions_nobody_in_two_places() refuses time that is taken.
    INSERT INTO client_sessions (
        id, client_id, therapist_id, starts_at, timezone, duration_minutes, session_type, is_peer_booking, credit_cost, paid_at, notes)
    VALUES (
        v_new.id, v_client_id, p_practitioner_id, v_new.starts_at, v_practitioner.timezone, p_duration_minutes, v_new.session_type,
        true, v_new.credit_cost, now(), v_new.notes)
    RETURNING * INTO STRICT v_new;
    PERFORM _pay_peer_session(v_new, v_paid);

    PERFORM _tell_peer_booking(v_new);
    PERFORM _audit('create_peer_booking', 'session', v_new.id, jsonb_build_object(
        'client_id', v_client_id, 'practitioner_id', p_practitioner_id, 'starts_at', v_new.starts_at, 'credits', v_new.credit_cost));

    v_result.success := true;
    v_result.session_id := v_new.id;
    v_result.credit_cost := v_new.credit_cost;
    v_result.client_balance_before := (v_paid.client).balance;
    v_result.client_balance_after := (v_paid.client).balance - v_new.credit_cost;
    v_result.practitioner_balance_before := (v_paid.practitioner).balance;
    v_result.practitioner_balance_after := (v_paid.practitioner).balance + v_new.credit_cost;
    v_result.starts_at := v_new.starts_at;
    v_result.ends_at := v_new.ends_at;
    v_result.status := v_new.status;
    RETURN _finish_command('create_peer_booking', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION create_peer_booking FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_peer_booking TO authenticated, service_role;
COMMENT ON FUNCTION create_peer_booking IS
'A practitioner books another one for credits: the session, both entries of the ledger, the notifications of both and the reminders at once or not at all.
p_client_id: uuid of the practitioner who is treated, oneself; the service says for whom. p_practitioner_id: uuid of a practitioner who accepts peer bookings and works then. p_session_date: local date in their time zone. p_start_time: local time; of one that exists twice the first. p_duration_minutes: 15 to 180. p_session_type: text, the name of the treatment; video orders a room. p_notes: text of at most 10000 characters. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, credit_cost, client_balance_before, client_balance_after, practitioner_balance_before, practitioner_balance_after, starts_at, ends_at, status (client_sessions.status)}; amounts are credits.
Raises: invalid_input, not_authenticated, not_allowed, not_found, self_booking, not_a_practitioner (user_id), inactive (user_id), not_accepting (user_id), nonexistent_local_time, in_the_past, outside_availability, slot_taken, insufficient_credits (required, available), idempotency_conflict.
Rule: contract, section 7.';
