-- Keeps a practitioner's time for somebody who is about to book it.
-- Rules: as a booking, money apart; a hold blocks others until it expires; so many live ones a person. Locks: both people in id order.
DROP TYPE IF EXISTS hold_slot_result;
CREATE TYPE hold_slot_result AS (
    success    boolean,
    hold_id    uuid,
    expires_at timestamptz
);
CREATE OR REPLACE FUNCTION hold_slot(
    p_practitioner_id uuid, p_starts_at timestamptz, p_duration_minutes int, p_ttl interval DEFAULT NULL,
    p_holder_id uuid DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments    jsonb := jsonb_build_object(
        'p_practitioner_id', p_practitioner_id, 'p_starts_at', p_starts_at, 'p_duration_minutes', p_duration_minutes,
        'p_ttl', extract(epoch FROM p_ttl), 'p_holder_id', p_holder_id);
    v_replay       json;
    v_result       hold_slot_result;
    v_holder_id    uuid;
    v_parties      uuid[];
    v_settings     settings;
    v_practitioner practitioners;
    v_ends_at      timestamptz;
BEGIN
    v_replay := _begin_command('hold_slot', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_holder_id := _acting_person('p_holder_id', p_holder_id);
    SELECT * INTO STRICT v_settings FROM settings s WHERE s.id;
    PERFORM _require_value('p_practitioner_id', p_practitioner_id);
    PERFORM _require_instant('p_starts_at', p_starts_at);
    PERFORM _require_session_minutes(p_duration_minutes);
    IF p_ttl <= interval '0' OR p_ttl > v_settings.hold_ttl_max OR NOT _is_bounded(p_ttl) THEN
        PERFORM _fail('invalid_input', format('p_ttl is not above 0 and at most %s', v_settings.hold_ttl_max), '{"parameter": "p_ttl"}');
    END IF;
    IF v_holder_id = p_practitioner_id THEN
        PERFORM _fail('self_booking', 'Cannot book a session with yourself');
    END IF;

    PERFORM _lock_people(v_holder_id, p_practitioner_id);
    PERFORM _require_active_person(v_holder_id);
    v_practitioner := _require_practitioner(p_practitioner_id);
    IF p_starts_at <= now() THEN
        PERFORM _fail('in_the_past', 'The session would start in the past');
    END IF;
    v_ends_at := p_starts_at + make_interval(mins => p_duration_minutes);
    PERFORM _check_works_then(v_practitioner, p_starts_at, v_ends_at);
    v_parties := ARRAY[v_holder_id, p_practitioner_id];
    IF tstzrange(p_starts_at, v_ends_at) && _busy_time(p_practitioner_id, p_starts_at, v_ends_at, v_parties)
       OR tstzrange(p_starts_at, v_ends_at) && _busy_time(v_holder_id, p_starts_at, v_ends_at, v_parties) THEN
        PERFORM _fail('slot_taken', 'This time slot is no longer available');
    END IF;
    PERFORM _check_holds_of_person(v_holder_id, v_settings.holds_per_person);

    -- Expired holds block nobody; marked, they do not stand in the constraint's way either.
    UPDATE slot_holds h SET status = 'expired'
    WHERE h.practitioner_id = p_practitioner_id AND h.status = 'live' AND h.expires_at <= now();
    v_result.hold_id := _new_id();
    v_result.expires_at := now() + coalesce(p_ttl, least(v_settings.hold_ttl, v_settings.hold_ttl_max));
    INSERT INTO slot_holds (id, practitioner_id, holder_id, starts_at, ends_at, expires_at)
    VALUES (v_result.hold_id, p_practitioner_id, v_holder_id, p_starts_at, v_ends_at, v_result.expires_at);
    PERFORM _audit('hold_slot', 'slot_hold', v_result.hold_id, jsonb_build_object(
        'practitioner_id', p_practitioner_id, 'holder_id', v_holder_id, 'starts_at', p_starts_at));

    v_result.success := true;
    RETURN _finish_command('hold_slot', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION hold_slot FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION hold_slot TO authenticated, service_role;
COMMENT ON FUNCTION hold_slot IS
'Keeps a practitioner''s time for somebody about to book it: others cannot book or hold it until it expires; the holder''s booking converts it.
p_practitioner_id: uuid of a practitioner. p_starts_at: instant, as get_available_slots() tells it. p_duration_minutes: 15 to 180. p_ttl: interval above 0, default settings.hold_ttl (10 minutes), at most settings.hold_ttl_max (30 minutes). p_holder_id: uuid of for whom; the service must give it, others leave it out for themselves. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, hold_id, expires_at}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, self_booking, not_a_practitioner, inactive (user_id), in_the_past, outside_availability, slot_taken, limit_reached (limit), idempotency_conflict.
Rule: contract, section 7.';
