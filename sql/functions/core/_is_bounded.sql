-- Whether an interval is at most a year of months and of days, each by itself: months compare as 30 days, so that a million of them
-- less as many days would pass for nothing, and no instant is that far away.
CREATE OR REPLACE FUNCTION _is_bounded(p_interval interval) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN extract(year FROM p_interval) * 12 + extract(month FROM p_interval) BETWEEN -12 AND 12
           AND extract(day FROM p_interval) BETWEEN -366 AND 366;
END
$$;
REVOKE ALL ON FUNCTION _is_bounded FROM PUBLIC, anon, authenticated, service_role;
