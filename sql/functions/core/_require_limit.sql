-- A page limit: 1 to 1000 rows. Error: invalid_input.
CREATE OR REPLACE FUNCTION _require_limit(p_limit integer) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_limit IS NULL OR p_limit NOT BETWEEN 1 AND 1000 THEN
        PERFORM _fail('invalid_input', 'p_limit is not between 1 and 1000', '{"parameter": "p_limit"}');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_limit FROM PUBLIC, anon, authenticated, service_role;
