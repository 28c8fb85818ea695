-- Whether a practitioner works throughout a session and may be booked for it from now, at a start that a date and a time can mean.
-- Error: outside_availability.
CREATE OR REPLACE FUNCTION _check_works_then(p_practitioner practitioners, p_starts_at timestamptz, p_ends_at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_id     uuid := p_practitioner.user_id;
    v_zone   text := p_practitioner.timezone;
    v_day    interval := interval '24 hours';
    v_starts timestamp := p_starts_at AT TIME ZONE v_zone;
    v_ends   timestamp := v_starts + (p_ends_at - p_starts_at);
    v_date   date := v_starts::date;
    -- No clock changes from a day before the start to a day after it.
    v_steady boolean := (p_starts_at - v_day) AT TIME ZONE v_zone = v_starts - v_day AND (p_starts_at + v_day) AT TIME ZONE v_zone = v_starts + v_day;
BEGIN
    -- _require_date() takes no other day from a booking.
    IF p_starts_at >= now() + p_practitioner.min_notice AND (p_starts_at > now() + p_practitioner.max_ahead) IS NOT TRUE
       AND v_date BETWEEN '2000-01-02' AND '2099-12-30' THEN
        -- The quick look: one weekly rule covers all of it.
        PERFORM FROM availability_rules r
        WHERE v_steady AND r.practitioner_id = v_id AND r.weekday = extract(isodow FROM v_date)::integer
          AND v_date >= coalesce(r.valid_from, '-infinity') AND v_date <= coalesce(r.valid_until, 'infinity')
          AND v_date + r.start_time <= v_starts AND v_date + r.end_time >= v_ends;
        IF FOUND THEN
            RETURN;
        END IF;
        IF tstzrange(p_starts_at, p_ends_at) <@ _working_time(p_practitioner, p_starts_at, p_ends_at)
           AND NOT p_starts_at <@ _repeated_hours(p_starts_at, p_starts_at, v_zone) THEN
            RETURN;
        END IF;
    END IF;
    PERFORM _fail('outside_availability', 'The practitioner does not work at this time');
END
$$;
REVOKE ALL ON FUNCTION _check_works_then FROM PUBLIC, anon, authenticated, service_role;
