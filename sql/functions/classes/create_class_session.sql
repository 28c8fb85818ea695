-- Staff make a class.
DROP TYPE IF EXISTS create_class_session_result;
CREATE TYPE create_class_session_result AS (
    success          boolean,
    class_session_id uuid,
    starts_at        timestamptz
);
CREATE OR REPLACE FUNCTION create_class_session(
    p_organization_id uuid, p_name text, p_starts_at timestamptz, p_duration_minutes int, p_capacity int,
    p_instructor_name text DEFAULT NULL, p_is_free boolean DEFAULT false, p_booking_cutoff interval DEFAULT NULL,
    p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object(
        'p_organization_id', p_organization_id,
        'p_name', left(p_name, 10001),
        'p_starts_at', p_starts_at,
        'p_duration_minutes', p_duration_minutes,
        'p_capacity', p_capacity,
        'p_instructor_name', left(p_instructor_name, 10001),
        'p_is_free', p_is_free,
        'p_booking_cutoff', extract(epoch FROM p_booking_cutoff));
    v_replay    json;
    v_result    create_class_session_result;
BEGIN
    v_replay := _begin_command('create_class_session', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_staff(p_organization_id);
    PERFORM _require_text('p_name', p_name);
    PERFORM _require_instant('p_starts_at', p_starts_at);
    v_result.class_session_id := (_write_class_sessions(
        p_organization_id, p_name, ARRAY[p_starts_at], p_duration_minutes, p_capacity, p_instructor_name, p_is_free, p_booking_cutoff))[1];
    PERFORM _audit('create_class_session', 'class_session', v_result.class_session_id, jsonb_build_object(
        'organization_id', p_organization_id, 'classes', 1));

    v_result.starts_at := p_starts_at;

    v_result.success := true;
    RETURN _finish_command('create_class_session', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION create_class_session FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_class_session TO authenticated, service_role;
COMMENT ON FUNCTION create_class_session IS
'Staff make a class that starts at an instant. For staff and the service.
p_organization_id: uuid. p_name: text. p_starts_at: instant in the future. p_duration_minutes: 1 to 1440. p_capacity: integer above 0, places. p_instructor_name: text, may be left out. p_is_free: boolean, whether anybody books it without paying. p_booking_cutoff: interval of days and hours, at most 366 days, how long before the start customers must book; default settings.class_booking_cutoff. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, class_session_id, starts_at}.
Raises: invalid_input, not_authenticated, not_allowed, not_found (the organization, for the service), in_the_past, idempotency_conflict.
Rule: contract, section 8.';
