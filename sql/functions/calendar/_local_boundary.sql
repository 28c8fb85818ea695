-- Where a working time begins or ends: the instant of its local time; of one that the clock skips, the end of what is skipped.
CREATE OR REPLACE FUNCTION _local_boundary(p_date date, p_time time, p_timezone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_instant timestamptz := _local_instant(p_date, p_time, p_timezone);
    v_as_utc  timestamptz := (p_date + p_time) AT TIME ZONE 'UTC';
BEGIN
    IF v_instant IS NULL THEN
        v_instant := _offset_change(v_as_utc - interval '1 day', v_as_utc + interval '1 day', p_timezone);
    END IF;
    RETURN v_instant;
END
$$;
REVOKE ALL ON FUNCTION _local_boundary FROM PUBLIC, anon, authenticated, service_role;
