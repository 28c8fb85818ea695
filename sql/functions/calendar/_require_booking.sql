-- What both kinds of booking are told: with whom, when by the wall clock, how long. Error: invalid_input.
CREATE OR REPLACE FUNCTION _require_booking(
    p_practitioner_parameter text, p_practitioner_id uuid, p_date date, p_time_parameter text, p_time time, p_duration_minutes integer
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    -- The helpers, which say the refusals, are called to refuse only.
    IF p_practitioner_id IS NULL OR p_date IS NULL OR p_date NOT BETWEEN '2000-01-02' AND '2099-12-30' OR p_time IS NULL
       OR p_duration_minutes IS NULL OR p_duration_minutes NOT BETWEEN 15 AND 180 THEN
        PERFORM _require_value(p_practitioner_parameter, p_practitioner_id);
        PERFORM _require_date('p_session_date', p_date);
        PERFORM _require_value(p_time_parameter, p_time);
        PERFORM _require_session_minutes(p_duration_minutes);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_booking FROM PUBLIC, anon, authenticated, service_role;
