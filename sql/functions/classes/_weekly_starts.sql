-- The instants of a weekly local time in an organization's zone. Errors: invalid_input, nonexistent_local_time (date).
CREATE OR REPLACE FUNCTION _weekly_starts(p_organization_id uuid, p_first_date date, p_time time, p_weeks integer) RETURNS timestamptz[]
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_timezone text := (SELECT o.timezone FROM organizations o WHERE o.id = p_organization_id);
    v_starts   timestamptz[] := ARRAY[]::timestamptz[];
    v_date     date;
BEGIN
    IF p_weeks IS NULL OR p_weeks NOT BETWEEN 1 AND 104 THEN
        PERFORM _fail('invalid_input', 'p_weeks is not between 1 and 104', '{"parameter": "p_weeks"}');
    END IF;
    PERFORM _require_date('p_first_date', p_first_date);
    PERFORM _require_date('p_first_date', p_first_date + 7 * (p_weeks - 1));
    PERFORM _require_value('p_start_time', p_time);
    FOR v_week IN 0 .. p_weeks - 1 LOOP
        v_date := p_first_date + 7 * v_week;
        v_starts := v_starts || _local_instant(v_date, p_time, v_timezone);
        IF v_starts[v_week + 1] IS NULL THEN
            PERFORM _fail('nonexistent_local_time', 'This local time does not exist',
                          jsonb_build_object('date', v_date, 'timezone', v_timezone));
        END IF;
    END LOOP;
    RETURN v_starts;
END
$$;
REVOKE ALL ON FUNCTION _weekly_starts FROM PUBLIC, anon, authenticated, service_role;
