-- The last day of a membership. Error: invalid_input.
CREATE OR REPLACE FUNCTION _check_last_day(p_starts_on date, p_ends_on date) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_ends_on IS NOT NULL THEN
        PERFORM _require_date('p_ends_on', p_ends_on);
        IF p_ends_on < p_starts_on THEN
            PERFORM _fail('invalid_input', 'p_ends_on is before the start', '{"parameter": "p_ends_on"}');
        END IF;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_last_day FROM PUBLIC, anon, authenticated, service_role;
