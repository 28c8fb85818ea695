-- Whether a JSON value is a rule of set_weekly_availability().
CREATE OR REPLACE FUNCTION _is_weekly_rule(p_rule jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_from  text := p_rule ->> 'valid_from';
    v_until text := p_rule ->> 'valid_until';
BEGIN
    IF jsonb_typeof(p_rule) <> 'object'
       -- As it is written: 1.0 is no integer to a cast.
       OR coalesce((p_rule -> 'weekday')::text !~ '^[1-7]$', true)
       OR coalesce(p_rule ->> 'start_time' !~ '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$', true)
       OR coalesce(p_rule ->> 'end_time' !~ '^(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|24:00(:00)?)$', true) THEN
        RETURN false;
    END IF;
    RETURN (p_rule ->> 'start_time')::time < (p_rule ->> 'end_time')::time
        AND (v_from IS NULL OR _is_date(v_from))
        AND (v_until IS NULL OR _is_date(v_until))
        AND coalesce(v_until >= v_from, true);
END
$$;
REVOKE ALL ON FUNCTION _is_weekly_rule FROM PUBLIC, anon, authenticated, service_role;
