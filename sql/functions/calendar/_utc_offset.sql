-- How far a zone's clocks are ahead of UTC at an instant.
CREATE OR REPLACE FUNCTION _utc_offset(p_at timestamptz, p_timezone text) RETURNS interval
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (p_at AT TIME ZONE p_timezone) - (p_at AT TIME ZONE 'UTC');
END
$$;
REVOKE ALL ON FUNCTION _utc_offset FROM PUBLIC, anon, authenticated, service_role;
