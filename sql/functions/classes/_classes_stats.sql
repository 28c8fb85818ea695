-- What happened in the organizations' classes between two instants, from the audit log.
CREATE OR REPLACE FUNCTION _classes_stats(p_from timestamptz, p_to timestamptz) RETURNS TABLE (module text, metric text, value bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT 'classes', m.metric, m.value
    FROM (
        SELECT coalesce(sum((a.details ->> 'classes')::bigint)
                   FILTER (WHERE a.action IN ('create_class_session', 'create_class_series')), 0) AS classes_created,
               count(*) FILTER (WHERE a.action = 'cancel_class_session') AS classes_cancelled,
               count(*) FILTER (WHERE a.action = 'create_class_booking') AS booked,
               count(*) FILTER (WHERE a.action = 'create_public_booking') AS booked_by_widget,
               count(*) FILTER (WHERE a.action IN ('cancel_class_booking', 'cancel_unpaid_booking'))
                   + coalesce(sum((a.details ->> 'bookings')::bigint) FILTER (WHERE a.action = 'cancel_class_session'), 0)
                   AS bookings_cancelled,
               count(*) FILTER (WHERE a.action = 'cancel_unpaid_booking') AS unpaid_cancelled,
               count(*) FILTER (WHERE a.action = 'cancel_class_booking' AND (a.details ->> 'usage_returned')::boolean)
                   + coalesce(sum((a.details ->> 'uses_returned')::bigint) FILTER (WHERE a.action = 'cancel_class_session'), 0)
                   AS uses_returned,
               count(*) FILTER (WHERE a.action = 'join_class_waitlist') AS waitlist_joined,
               count(*) FILTER (WHERE a.action IN ('cancel_class_booking', 'cancel_unpaid_booking')
                                  AND a.details ->> 'promoted_booking_id' IS NOT NULL)
                   + coalesce(sum((a.details ->> 'bookings')::bigint) FILTER (WHERE a.action = 'promote_class_waitlist'), 0)
                   AS waitlist_promoted,
               count(*) FILTER (WHERE a.action = 'check_in_booking') AS attended,
               count(*) FILTER (WHERE a.action = 'mark_booking_no_show') AS no_shows
        FROM audit_log a
        WHERE a.at >= p_from AND a.at < p_to
    ) t
    CROSS JOIN LATERAL (VALUES
        ('classes_created', t.classes_created::bigint),
        ('classes_cancelled', t.classes_cancelled),
        ('booked', t.booked),
        ('booked_by_widget', t.booked_by_widget),
        ('bookings_cancelled', t.bookings_cancelled::bigint),
        ('unpaid_cancelled', t.unpaid_cancelled),
        ('uses_returned', t.uses_returned::bigint),
        ('waitlist_joined', t.waitlist_joined),
        ('waitlist_promoted', t.waitlist_promoted::bigint),
        ('attended', t.attended),
        ('no_shows', t.no_shows)
    ) AS m (metric, value)
$$;
REVOKE ALL ON FUNCTION _classes_stats FROM PUBLIC, anon, authenticated, service_role;
