-- The start of a session, from a local date and time of the practitioner's zone.
-- Errors: nonexistent_local_time, in_the_past (starting now is past).
CREATE OR REPLACE FUNCTION _require_session_start(p_date date, p_time time, p_timezone text) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_starts_at timestamptz := _local_instant(p_date, p_time, p_timezone);
BEGIN
    IF v_starts_at IS NULL THEN
        PERFORM _fail('nonexistent_local_time', 'This local time does not exist', jsonb_build_object('timezone', p_timezone));
    END IF;
    IF v_starts_at <= now() THEN
        PERFORM _fail('in_the_past', 'The session would start in the past');
    END IF;
    RETURN v_starts_at;
END
$$;
REVOKE ALL ON FUNCTION _require_session_start FROM PUBLIC, anon, authenticated, service_role;
