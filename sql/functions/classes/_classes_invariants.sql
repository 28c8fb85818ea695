-- I8 and I9: what is broken now. No rows on a healthy database. Asks also what foreign keys and triggers promise, for they can be switched off.
CREATE OR REPLACE FUNCTION _classes_invariants() RETURNS TABLE (invariant text, entity text, entity_id text, details jsonb)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    -- I8: a class's places are its confirmed and attended bookings, not more than it has; one that is cancelled has none.
    SELECT 'I8', 'class_session', coalesce(c.id, b.class_session_id)::text, jsonb_build_object(
        'status', c.status, 'capacity', c.capacity, 'taken', c.taken, 'bookings', coalesce(b.places, 0))
    FROM class_sessions c
    FULL JOIN (
        SELECT x.class_session_id, count(*) FILTER (WHERE x.booking_status IN ('confirmed', 'attended')) AS places
        FROM bookings x GROUP BY x.class_session_id
    ) b ON b.class_session_id = c.id
    WHERE c.id IS NULL OR c.taken <> coalesce(b.places, 0) OR c.taken > c.capacity OR (c.status = 'cancelled' AND b.places > 0)
    UNION ALL
    -- I8: a person has one live booking of a class, whether as a lead or as the client they became.
    SELECT 'I8', 'class_session', b.class_session_id::text, jsonb_build_object(
        'person_id', b.person_id, 'booking_ids', jsonb_agg(b.id ORDER BY b.created_at, b.id))
    FROM bookings b
    WHERE b.booking_status <> 'cancelled'
    GROUP BY b.class_session_id, b.person_id
    HAVING count(*) > 1
    UNION ALL
    -- I8: a booking is its customer's, in one organization.
    SELECT 'I8', 'class_booking', b.id::text, jsonb_build_object('organization_id', b.organization_id, 'person_id', b.person_id)
    FROM bookings b
    LEFT JOIN class_sessions c ON c.id = b.class_session_id
    LEFT JOIN clients k ON k.id = b.client_id
    LEFT JOIN leads l ON l.id = b.customer_id
    WHERE (b.client_id IS NULL) = (b.customer_id IS NULL)
       OR c.organization_id IS DISTINCT FROM b.organization_id
       OR coalesce(k.organization_id, l.organization_id) IS DISTINCT FROM b.organization_id
       OR coalesce(k.person_id, l.person_id) IS DISTINCT FROM b.person_id
    UNION ALL
    -- I9: a package's uses are those that were not given back, not more than it has.
    SELECT 'I9', 'package', coalesce(p.id, u.package_id)::text, jsonb_build_object(
        'classes_total', p.classes_total, 'classes_used', p.classes_used, 'uses', coalesce(u.uses, 0))
    FROM packages p
    FULL JOIN (
        SELECT x.package_id, count(*) FILTER (WHERE x.returned_at IS NULL) AS uses FROM package_usage x GROUP BY x.package_id
    ) u ON u.package_id = p.id
    WHERE p.id IS NULL OR p.classes_used <> coalesce(u.uses, 0) OR p.classes_used > p.classes_total
    UNION ALL
    -- I9: a membership is used at most class_limit times a period.
    SELECT 'I9', 'membership', u.membership_id::text, jsonb_build_object(
        'period_start', u.period_start, 'class_limit', m.class_limit, 'uses', count(*))
    FROM membership_usage u
    LEFT JOIN memberships m ON m.id = u.membership_id
    WHERE u.returned_at IS NULL
    GROUP BY u.membership_id, u.period_start, m.id, m.class_limit
    HAVING m.id IS NULL OR count(*) > m.class_limit
    UNION ALL
    -- I9: what a booking says it used was used, once, of what is the same person's, and is given back at most when the booking is cancelled.
    SELECT 'I9', 'class_booking', coalesce(b.id, u.booking_id)::text, jsonb_build_object(
        'booking_status', b.booking_status, 'payment_method', b.payment_method, 'uses', coalesce(u.uses, 0), 'returned', coalesce(u.returned, 0))
    FROM bookings b
    FULL JOIN (
        SELECT x.booking_id, count(*) AS uses, count(x.returned_at) AS returned,
               min(x.membership_id::text) AS membership_id, min(x.package_id::text) AS package_id
        FROM (
            SELECT mu.booking_id, mu.membership_id, NULL::uuid AS package_id, mu.returned_at FROM membership_usage mu
            UNION ALL
            SELECT pu.booking_id, NULL, pu.package_id, pu.returned_at FROM package_usage pu
        ) x
        GROUP BY x.booking_id
    ) u ON u.booking_id = b.id
    LEFT JOIN memberships m ON m.id = b.membership_id
    LEFT JOIN packages p ON p.id = b.package_id
    WHERE b.id IS NULL
       OR coalesce(u.uses, 0) <> num_nonnulls(b.membership_id, b.package_id)
       OR u.membership_id IS DISTINCT FROM b.membership_id::text
       OR u.package_id IS DISTINCT FROM b.package_id::text
       OR (u.returned > 0 AND b.booking_status <> 'cancelled')
       OR coalesce(m.person_id, p.person_id, b.person_id) <> b.person_id
$$;
REVOKE ALL ON FUNCTION _classes_invariants FROM PUBLIC, anon, authenticated, service_role;
