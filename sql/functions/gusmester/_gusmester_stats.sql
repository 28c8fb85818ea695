-- What happened in the club between two instants, from the audit log.
CREATE OR REPLACE FUNCTION _gusmester_stats(p_from timestamptz, p_to timestamptz) RETURNS TABLE (module text, metric text, value bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT 'gusmester', m.metric, m.value
    FROM (
        SELECT count(*) FILTER (WHERE a.action = 'create_gus_session') AS sessions_created,
               count(*) FILTER (WHERE a.action = 'cancel_gus_session') AS sessions_cancelled,
               count(*) FILTER (WHERE a.action = 'release_guest_spot') AS spots_released,
               count(*) FILTER (WHERE a.action = 'book_gusmester_spot') AS spots_booked,
               count(*) FILTER (WHERE a.action = 'cancel_gusmester_booking')
                   + coalesce(sum((a.details ->> 'bookings')::bigint) FILTER (WHERE a.action = 'cancel_gus_session'), 0)
                   AS bookings_cancelled,
               count(*) FILTER (WHERE a.action = 'book_guest_for_session') AS guests_booked,
               count(*) FILTER (WHERE a.action = 'cancel_guest_booking')
                   + coalesce(sum((a.details ->> 'guests')::bigint) FILTER (WHERE a.action = 'cancel_gus_session'), 0)
                   AS guests_cancelled,
               coalesce(sum((a.details ->> 'points')::bigint) FILTER (WHERE a.action = 'book_gusmester_spot'), 0) AS points_charged,
               coalesce(sum((a.details ->> 'points')::bigint)
                   FILTER (WHERE a.action IN ('cancel_gusmester_booking', 'cancel_gus_session')), 0) AS points_refunded,
               coalesce(sum((a.details ->> 'points')::bigint) FILTER (WHERE a.action = 'release_guest_spot'), 0) AS points_awarded,
               coalesce(sum((a.details ->> 'points')::bigint) FILTER (WHERE a.action = 'adjust_employee_points'), 0) AS points_adjusted
        FROM audit_log a
        WHERE a.at >= p_from AND a.at < p_to
    ) t
    CROSS JOIN LATERAL (VALUES
        ('sessions_created', t.sessions_created),
        ('sessions_cancelled', t.sessions_cancelled),
        ('spots_released', t.spots_released),
        ('spots_booked', t.spots_booked),
        ('bookings_cancelled', t.bookings_cancelled::bigint),
        ('guests_booked', t.guests_booked),
        ('guests_cancelled', t.guests_cancelled::bigint),
        ('points_charged', t.points_charged::bigint),
        ('points_refunded', t.points_refunded::bigint),
        ('points_awarded', t.points_awarded::bigint),
        ('points_adjusted', t.points_adjusted::bigint)
    ) AS m (metric, value)
$$;
REVOKE ALL ON FUNCTION _gusmester_stats FROM PUBLIC, anon, authenticated, service_role;
