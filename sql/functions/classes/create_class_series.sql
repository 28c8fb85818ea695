-- Staff make a class that takes place every week at the same local time, also across a change of the clock; all of its dates or none.
DROP TYPE IF EXISTS create_class_series_result;
CREATE TYPE create_class_series_result AS (
    success           boolean,
    class_session_ids uuid[]
);
CREATE OR REPLACE FUNCTION create_class_series(
    p_organization_id uuid, p_name text, p_first_date date, p_start_time time, p_weeks int, p_duration_minutes int,
    p_capacity int, p_instructor_name text DEFAULT NULL, p_is_free boolean DEFAULT false,
    p_booking_cutoff interval DEFAULT NULL, p_idempotency_key text DEFAULT NULL
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
        'p_first_date', p_first_date,
        'p_start_time', p_start_time,
        'p_weeks', p_weeks,
        'p_duration_minutes', p_duration_minutes,
        'p_capacity', p_capacity,
        'p_instructor_name', left(p_instructor_name, 10001),
        'p_is_free', p_is_free,
        'p_booking_cutoff', extract(epoch FROM p_booking_cutoff));
    v_replay    json;
    v_result    create_class_series_result;
    v_starts_at timestamptz[];
BEGIN
    v_replay := _begin_command('create_class_series', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_staff(p_organization_id);
    PERFORM _require_text('p_name', p_name);
    v_starts_at := _weekly_starts(p_organization_id, p_first_date, p_start_time, p_weeks);
    v_result.class_session_ids := _write_class_sessions(
        p_organization_id, p_name, v_starts_at, p_duration_minutes, p_capacity, p_instructor_name, p_is_free, p_booking_cutoff);
    PERFORM _audit('create_class_series', 'organization', p_organization_id, jsonb_build_object(
        'organization_id', p_organization_id, 'classes', p_weeks, 'class_session_ids', v_result.class_session_ids));

    v_result.success := true;
    RETURN _finish_command('create_class_series', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION create_class_series FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_class_series TO authenticated, service_role;
COMMENT ON FUNCTION create_class_series IS
'Staff make a weekly class: each week on the same day at the same time of the organization''s zone. For staff and the service.
p_organization_id: uuid. p_name: text. p_first_date: local date of the first class. p_start_time: local time of day. p_weeks: 1 to 104, how many classes. p_duration_minutes: 1 to 1440. p_capacity: integer above 0, places. p_instructor_name: text, may be left out. p_is_free: boolean, whether anybody books it without paying. p_booking_cutoff: interval of days and hours, at most 366 days, how long before the start customers must book; default settings.class_booking_cutoff. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, class_session_ids (in order of their starts)}.
Raises: invalid_input, not_authenticated, not_allowed, not_found (the organization, for the service), nonexistent_local_time (date), in_the_past, idempotency_conflict.
Rule: contract, section 8.';
