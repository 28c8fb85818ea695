-- When a practitioner works around [p_from, p_to): the weekly rules in their time zone and the open exceptions, whatever is taken of it.
CREATE OR REPLACE FUNCTION _working_time(p_practitioner practitioners, p_from timestamptz, p_to timestamptz) RETURNS tstzmultirange
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_first   date := (p_from AT TIME ZONE p_practitioner.timezone)::date;
    v_last    date := (p_to AT TIME ZONE p_practitioner.timezone)::date;
    v_weekday integer := extract(isodow FROM v_first);
BEGIN
    RETURN (
        SELECT coalesce(range_agg(tstzrange(w.starts_at, w.ends_at)), '{}')
        FROM (
            SELECT _local_boundary(d.day, r.start_time, p_practitioner.timezone), _local_boundary(d.day, r.end_time, p_practitioner.timezone)
            FROM availability_rules r
            CROSS JOIN LATERAL (
                SELECT v_first + n FROM generate_series((r.weekday + 7 - v_weekday) % 7, v_last - v_first, 7) AS n
            ) AS d (day)
            WHERE r.practitioner_id = p_practitioner.user_id
              AND d.day >= coalesce(r.valid_from, '-infinity') AND d.day <= coalesce(r.valid_until, 'infinity')
            UNION ALL
            SELECT x.starts_at, x.ends_at
            FROM availability_exceptions x
            WHERE x.practitioner_id = p_practitioner.user_id AND x.kind = 'open' AND x.ends_at > p_from AND x.starts_at < p_to
            -- Each boundary is computed once.
            OFFSET 0
        ) AS w (starts_at, ends_at)
        -- A rule that lies within a skipped hour has no time at all.
        WHERE w.starts_at < w.ends_at);
END
$$;
REVOKE ALL ON FUNCTION _working_time FROM PUBLIC, anon, authenticated, service_role;
