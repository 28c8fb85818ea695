-- A date the package can reckon with in every time zone: given, finite, within [2000-01-02, 2099-12-30]. Error: invalid_input.
CREATE OR REPLACE FUNCTION _require_date(p_parameter text, p_value date) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _require_value(p_parameter, p_value);
    IF p_value NOT BETWEEN '2000-01-02' AND '2099-12-30' THEN
        PERFORM _fail('invalid_input', p_parameter || ' is not between the years 2000 and 2100', jsonb_build_object('parameter', p_parameter));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_date FROM PUBLIC, anon, authenticated, service_role;
