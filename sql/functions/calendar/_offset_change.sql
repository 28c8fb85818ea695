-- The instant at which a zone's clocks change, between two instants with different offsets; found by halving, to the second.
CREATE OR REPLACE FUNCTION _offset_change(p_from timestamptz, p_to timestamptz, p_timezone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_before interval := _utc_offset(p_from, p_timezone);
    v_from   timestamptz := p_from;
    v_to     timestamptz := p_to;
    v_middle timestamptz;
BEGIN
    WHILE v_to - v_from > interval '1 second' LOOP
        v_middle := v_from + (v_to - v_from) / 2;
        IF _utc_offset(v_middle, p_timezone) = v_before THEN
            v_from := v_middle;
        ELSE
            v_to := v_middle;
        END IF;
    END LOOP;
    RETURN date_trunc('second', v_to);
END
$$;
REVOKE ALL ON FUNCTION _offset_change FROM PUBLIC, anon, authenticated, service_role;
