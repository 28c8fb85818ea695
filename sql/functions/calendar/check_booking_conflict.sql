-- Whether a practitioner's time is taken: by a session in any role, by somebody else's hold, by time off. Asks nothing of when they work.
CREATE OR REPLACE FUNCTION check_booking_conflict(
    p_therapist_id uuid, p_session_date date, p_start_time time, p_end_time time, p_exclude_session_id uuid DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_practitioner practitioners;
    v_starts_at    timestamptz;
    v_ends_at      timestamptz;
BEGIN
    PERFORM _require_caller();
    PERFORM _require_value('p_therapist_id', p_therapist_id);
    PERFORM _require_date('p_session_date', p_session_date);
    PERFORM _require_value('p_start_time', p_start_time);
    PERFORM _require_value('p_end_time', p_end_time);
    v_practitioner := _require_practitioner(p_therapist_id);
    v_starts_at := _local_instant(p_session_date, p_start_time, v_practitioner.timezone);
    v_ends_at := _local_instant(p_session_date + (p_end_time <= p_start_time)::integer, p_end_time, v_practitioner.timezone);
    IF v_starts_at IS NULL OR v_ends_at IS NULL THEN
        PERFORM _fail('nonexistent_local_time', 'This local time does not exist', jsonb_build_object('timezone', v_practitioner.timezone));
    END IF;
    -- From 24:00 to 00:00 is the whole of the next day.
    IF v_ends_at <= v_starts_at THEN
        v_ends_at := v_ends_at + interval '1 day';
    END IF;
    RETURN tstzrange(v_starts_at, v_ends_at)
        && _busy_time(p_therapist_id, v_starts_at, v_ends_at, ARRAY[caller_id()], p_exclude_session_id);
END
$$;
REVOKE ALL ON FUNCTION check_booking_conflict FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION check_booking_conflict TO authenticated, service_role;
COMMENT ON FUNCTION check_booking_conflict IS
'Whether a practitioner''s time is taken: by a session in any role, by somebody else''s live hold, by time off, buffers included.
p_therapist_id: uuid of a practitioner. p_session_date: local date in their time zone. p_start_time: local time. p_end_time: local time; at or before the start it is the next day''s. p_exclude_session_id: uuid of a session that does not count.
Returns: boolean.
Raises: invalid_input, not_authenticated, not_found, not_a_practitioner, inactive (user_id), nonexistent_local_time.
Rule: contract, section 7.';
