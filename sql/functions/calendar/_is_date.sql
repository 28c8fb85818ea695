-- Whether a text is a date of this century as YYYY-MM-DD, one that the calendar has.
CREATE OR REPLACE FUNCTION _is_date(p_text text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_parts integer[];
BEGIN
    IF p_text !~ '^20[0-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' THEN
        RETURN false;
    END IF;
    v_parts := string_to_array(p_text, '-')::integer[];
    RETURN v_parts[3] <= extract(day FROM make_date(v_parts[1], v_parts[2], 1) + interval '1 month' - interval '1 day');
END
$$;
REVOKE ALL ON FUNCTION _is_date FROM PUBLIC, anon, authenticated, service_role;
