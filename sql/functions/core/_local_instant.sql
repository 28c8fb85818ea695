-- The instant of a local date and time: of one that exists twice the first, NULL for one that the clock skips.
-- PostgreSQL itself takes the second, and moves a skipped one by an hour.
CREATE OR REPLACE FUNCTION _local_instant(p_date date, p_time time, p_timezone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_local  timestamp := p_date + p_time;
    v_as_utc timestamptz := v_local AT TIME ZONE 'UTC';
    -- Read with the offset of the day before and with that of the day after: around a change of the clock these are its two sides.
    v_day    interval := interval '1 day';
    v_first  timestamptz := v_as_utc - ((v_as_utc - v_day) AT TIME ZONE p_timezone - (v_local - v_day));
    v_second timestamptz := v_as_utc - ((v_as_utc + v_day) AT TIME ZONE p_timezone - (v_local + v_day));
BEGIN
    IF v_second < v_first AND v_second AT TIME ZONE p_timezone = v_local THEN
        RETURN v_second;
    END IF;
    RETURN CASE v_local WHEN v_first AT TIME ZONE p_timezone THEN v_first WHEN v_second AT TIME ZONE p_timezone THEN v_second END;
END
$$;
REVOKE ALL ON FUNCTION _local_instant FROM PUBLIC, anon, authenticated, service_role;
