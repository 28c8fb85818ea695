-- What a booking would accept, and nothing else: working time less what is taken, by range arithmetic.
CREATE OR REPLACE FUNCTION get_available_slots(
    p_practitioner_id uuid, p_from timestamptz, p_to timestamptz, p_duration_minutes int, p_step_minutes int DEFAULT 15
) RETURNS TABLE (starts_at timestamptz, ends_at timestamptz, session_date date, start_time time, timezone text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_parties      uuid[] := ARRAY[caller_id(), p_practitioner_id];
    v_practitioner practitioners;
    v_length       interval;
    v_free         tstzmultirange;
    v_repeated     tstzmultirange;
BEGIN
    PERFORM _check_slot_search(p_practitioner_id, p_from, p_to, p_duration_minutes, p_step_minutes);
    v_practitioner := _require_practitioner(p_practitioner_id);
    v_length := make_interval(mins => p_duration_minutes);
    v_free := _working_time(v_practitioner, p_from, p_to) - _busy_time(p_practitioner_id, p_from, p_to, v_parties);
    IF caller_id() IS NOT NULL THEN
        v_free := v_free - _busy_time(caller_id(), p_from, p_to, v_parties);
    END IF;
    v_repeated := _repeated_hours(p_from, p_to, v_practitioner.timezone);
    RETURN QUERY
        SELECT s.start, s.start + v_length, l.start::date, l.start::time, v_practitioner.timezone
        FROM generate_series(p_from, p_to - v_length, make_interval(mins => p_step_minutes)) AS s (start)
        CROSS JOIN LATERAL (SELECT s.start AT TIME ZONE v_practitioner.timezone) AS l (start)
        WHERE tstzrange(s.start, s.start + v_length) <@ v_free
          AND s.start > now() AND s.start >= now() + v_practitioner.min_notice
          AND s.start <= coalesce(now() + v_practitioner.max_ahead, 'infinity')
          AND NOT s.start <@ v_repeated
          -- _require_date()
          AND l.start::date BETWEEN '2000-01-02' AND '2099-12-30';
END
$$;
REVOKE ALL ON FUNCTION get_available_slots FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION get_available_slots TO anon, authenticated, service_role;
COMMENT ON FUNCTION get_available_slots IS
'The times at which a practitioner can be booked: what they work, less sessions, others'' holds, time off and buffers, and less what is taken of the caller''s own time; of a repeated hour only the first. Public.
p_practitioner_id: uuid of a practitioner. p_from, p_to: instants; slots lie wholly within, at most settings.slot_search_days (62) apart. p_duration_minutes: 15 to 180. p_step_minutes: 5 to 240, counted from p_from.
Returns: starts_at, ends_at, session_date, start_time (local), timezone. A booking takes the date and the time.
Raises: invalid_input, not_found, not_a_practitioner, inactive (user_id).
Rule: contract, section 7.';
