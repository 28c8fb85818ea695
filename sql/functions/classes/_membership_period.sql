-- The first day of the ISO week or calendar month in which an instant falls, in an organization's time zone.
CREATE OR REPLACE FUNCTION _membership_period(p_period text, p_at timestamptz, p_timezone text) RETURNS date
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN date_trunc(p_period, p_at AT TIME ZONE p_timezone)::date;
END
$$;
REVOKE ALL ON FUNCTION _membership_period FROM PUBLIC, anon, authenticated, service_role;
