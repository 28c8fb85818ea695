-- Whether a practitioner works throughout a session and may be booked for it from now, at a start that a date and a time can mean.
-- Error: outside_availability.
CREATE OR REPLACE FUNCTION _check_works_then(p_practitioner practitioners, p_starts_at timestamptz, p_ends_at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_starts_at < now() + p_practitioner.min_notice OR p_starts_at > now() + p_practitioner.max_ahead
       OR NOT tstzrange(p_starts_at, p_ends_at) <@ _working_time(p_practitioner, p_starts_at, p_ends_at)
       -- _require_date() takes no other day from a booking.
       OR NOT (p_starts_at AT TIME ZONE p_practitioner.timezone)::date BETWEEN '2000-01-02' AND '2099-12-30'
       OR p_starts_at <@ _repeated_hours(p_starts_at, p_starts_at, p_practitioner.timezone) THEN
        PERFORM _fail('outside_availability', 'The practitioner does not work at this time');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_works_then FROM PUBLIC, anon, authenticated, service_role;
