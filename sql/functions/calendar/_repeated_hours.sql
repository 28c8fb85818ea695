-- The instants at which a zone's clocks show what they have shown before, because they were put back. A date and a time never mean these.
CREATE OR REPLACE FUNCTION _repeated_hours(p_from timestamptz, p_to timestamptz, p_timezone text) RETURNS tstzmultirange
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET timezone TO 'UTC'
AS $$
DECLARE
    v_repeated tstzmultirange := tstzmultirange '{}';
    v_day      timestamptz := p_from - interval '1 day';
    v_back     interval;
    v_change   timestamptz;
BEGIN
    WHILE v_day < p_to LOOP
        v_back := _utc_offset(v_day, p_timezone) - _utc_offset(v_day + interval '1 day', p_timezone);
        IF v_back > interval '0' THEN
            v_change := _offset_change(v_day, v_day + interval '1 day', p_timezone);
            v_repeated := v_repeated + tstzmultirange(tstzrange(v_change, v_change + v_back));
        END IF;
        v_day := v_day + interval '1 day';
    END LOOP;
    RETURN v_repeated;
END
$$;
REVOKE ALL ON FUNCTION _repeated_hours FROM PUBLIC, anon, authenticated, service_role;
