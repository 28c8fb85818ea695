-- An IANA time zone name that this server knows. Error: invalid_input.
CREATE OR REPLACE FUNCTION _require_timezone(p_parameter text, p_timezone text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    -- UTC spares nearly everybody the look into the zone files.
    -- localtime and Factory mean whatever the machine is set to. CET, EET, MET and WET are zones with summer time,
    -- but AT TIME ZONE reads them as abbreviations, which have none.
    IF p_timezone = 'UTC' OR EXISTS (
        SELECT FROM pg_timezone_names z WHERE z.name = p_timezone AND z.name !~ '^(posix|localtime$|Factory$|[CEMW]ET$)'
    ) THEN
        RETURN;
    END IF;
    PERFORM _fail('invalid_input', p_parameter || ' is not a known time zone', jsonb_build_object('parameter', p_parameter),
                  'Give an IANA name such as Europe/Oslo.');
END
$$;
REVOKE ALL ON FUNCTION _require_timezone FROM PUBLIC, anon, authenticated, service_role;
