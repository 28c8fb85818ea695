-- A practitioner says anew when they work, week by week. Sessions stay as they are. Lock: the practitioner.
DROP TYPE IF EXISTS set_weekly_availability_result;
CREATE TYPE set_weekly_availability_result AS (
    success         boolean,
    practitioner_id uuid,
    rules           integer
);
CREATE OR REPLACE FUNCTION set_weekly_availability(
    p_rules jsonb, p_practitioner_id uuid DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET datestyle TO 'ISO, YMD'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object(
        'p_rules', CASE WHEN pg_column_size(p_rules) <= 1000000 THEN p_rules END, 'p_practitioner_id', p_practitioner_id);
    v_replay    json;
    v_result    set_weekly_availability_result;
BEGIN
    v_replay := _begin_command('set_weekly_availability', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _check_weekly_rules(p_rules);
    v_result.practitioner_id := _acting_practitioner(p_practitioner_id);

    DELETE FROM availability_rules r WHERE r.practitioner_id = v_result.practitioner_id;
    INSERT INTO availability_rules (practitioner_id, weekday, start_time, end_time, valid_from, valid_until)
    SELECT v_result.practitioner_id, r.weekday, r.start_time, r.end_time, r.valid_from, r.valid_until
    FROM jsonb_to_recordset(p_rules) AS r (weekday integer, start_time time, end_time time, valid_from date, valid_until date);
    GET DIAGNOSTICS v_result.rules = ROW_COUNT;
    PERFORM _audit('set_weekly_availability', 'practitioner', v_result.practitioner_id, jsonb_build_object('rules', v_result.rules));

    v_result.success := true;
    RETURN _finish_command('set_weekly_availability', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION set_weekly_availability FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION set_weekly_availability TO authenticated, service_role;
COMMENT ON FUNCTION set_weekly_availability IS
'A practitioner says when they work, week by week, in their time zone; what was said before is replaced. Sessions that are booked stay.
p_rules: array of at most 1000 objects {weekday (1 Monday to 7 Sunday), start_time (HH:MM), end_time (HH:MM, up to 24:00), valid_from (YYYY-MM-DD, may be left out), valid_until (its last day, may be left out)}; empty: never. p_practitioner_id: uuid; the service must give it, others leave it out for themselves. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, practitioner_id, rules}; rules is how many there are now.
Raises: invalid_input, not_authenticated, not_allowed, not_found, not_a_practitioner (user_id), idempotency_conflict.
Rule: contract, section 7.';
