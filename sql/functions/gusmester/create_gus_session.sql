-- An admin makes a session; its guest spot appears with its first host. Hosts follow in the order given.
-- Locks: employees (the hosts) in ascending id order.
DROP TYPE IF EXISTS create_gus_session_result;
CREATE TYPE create_gus_session_result AS (
    success       boolean,
    session_id    uuid,
    guest_spot_id uuid
);
CREATE OR REPLACE FUNCTION create_gus_session(
    p_name text, p_starts_at timestamptz, p_duration_minutes int, p_host_employee_ids uuid[] DEFAULT '{}', p_location text DEFAULT NULL, p_max_participants int DEFAULT NULL, p_is_private bool DEFAULT false, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object(
        'p_name', left(p_name, 10001),
        'p_starts_at', p_starts_at,
        'p_duration_minutes', p_duration_minutes,
        'p_host_employee_ids', CASE WHEN cardinality(p_host_employee_ids) <= 1000 THEN p_host_employee_ids END,
        'p_location', left(p_location, 10001),
        'p_max_participants', p_max_participants,
        'p_is_private', p_is_private);
    v_replay    json;
    v_result    create_gus_session_result;
    v_name      text;
    v_location  text;
BEGIN
    v_replay := _begin_command('create_gus_session', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_gusmester_admin();
    v_name := _require_text('p_name', p_name);
    v_location := _optional_text('p_location', p_location);
    PERFORM _require_instant('p_starts_at', p_starts_at);
    PERFORM _require_positive('p_duration_minutes', p_duration_minutes);
    IF p_max_participants IS NOT NULL THEN
        PERFORM _require_positive('p_max_participants', p_max_participants);
    END IF;
    PERFORM _require_value('p_is_private', p_is_private);
    IF p_starts_at <= now() THEN
        PERFORM _fail('in_the_past', 'A session starts in the future', jsonb_build_object('starts_at', p_starts_at));
    END IF;
    PERFORM _lock_hosts(p_host_employee_ids);

    v_result.session_id := _new_id();
    INSERT INTO sessions (id, name, starts_at, duration_minutes, location, max_participants, is_private)
    VALUES (v_result.session_id, v_name, p_starts_at, p_duration_minutes, v_location, p_max_participants, p_is_private);
    INSERT INTO session_employees (session_id, employee_id, assigned_at)
    SELECT v_result.session_id, h.id, now() + h.place * interval '1 microsecond'
    FROM unnest(p_host_employee_ids) WITH ORDINALITY AS h (id, place);
    v_result.guest_spot_id := (SELECT g.id FROM guest_spots g WHERE g.session_id = v_result.session_id);
    PERFORM _audit('create_gus_session', 'session', v_result.session_id);
    v_result.success := true;
    RETURN _finish_command('create_gus_session', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION create_gus_session FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_gus_session TO authenticated, service_role;
COMMENT ON FUNCTION create_gus_session IS
'An admin makes a session; a public one gets its guest spot with its first host.
p_name: text of at most 10000 characters. p_starts_at: instant in the future. p_duration_minutes: integer above 0. p_host_employee_ids: uuids of active employees, hosts in this order. p_location: text. p_max_participants: integer above 0. p_is_private: no guest spot. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, guest_spot_id (NULL without a host or when private)}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, inactive, in_the_past, idempotency_conflict.
Rule: contract, section 5.';
