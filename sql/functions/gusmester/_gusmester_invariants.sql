-- I1 and I2: what is broken now. No rows on a healthy database. Asks also what foreign keys and triggers promise, for they can be switched off.
CREATE OR REPLACE FUNCTION _gusmester_invariants() RETURNS TABLE (invariant text, entity text, entity_id text, details jsonb)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    -- I1: at most one guest spot and one active booking per session; the spot's status says which.
    SELECT 'I1', 'session', k.session_id::text, jsonb_build_object(
        'session_status', s.status, 'guest_spots', coalesce(g.spots, 0), 'statuses', g.statuses, 'active_bookings', coalesce(b.active, 0))
    FROM (
        SELECT ss.id FROM sessions ss
        UNION SELECT gs.session_id FROM guest_spots gs
        UNION SELECT gb.session_id FROM gusmester_bookings gb
    ) k (session_id)
    LEFT JOIN sessions s ON s.id = k.session_id
    LEFT JOIN (
        SELECT gs.session_id, count(*) AS spots, array_agg(gs.status ORDER BY gs.status) AS statuses,
               count(*) FILTER (WHERE gs.status = 'booked_by_gusmester') AS booked
        FROM guest_spots gs GROUP BY gs.session_id
    ) g ON g.session_id = k.session_id
    LEFT JOIN (
        SELECT gb.session_id, count(*) AS active
        FROM gusmester_bookings gb WHERE gb.status = 'active' GROUP BY gb.session_id
    ) b ON b.session_id = k.session_id
    WHERE s.id IS NULL
       OR g.spots > 1
       OR b.active > 1
       OR coalesce(g.booked, 0) <> coalesce(b.active, 0)
       OR (b.active > 0 AND s.status = 'cancelled')
       OR (g.spots > 0 AND s.is_private)
       OR (g.spots IS NULL AND NOT s.is_private AND EXISTS (SELECT FROM session_employees a WHERE a.session_id = s.id))
    UNION ALL
    -- I2: points are the sum of the history and its last word; entries are numbered without gaps and each follows the one before.
    SELECT 'I2', 'employee', coalesce(e.id, h.employee_id)::text, jsonb_build_object(
        'points', e.points, 'sum_of_history', coalesce(h.total, 0), 'last_points_after', h.last_after, 'broken_entries', coalesce(h.broken, 0))
    FROM employees e
    FULL JOIN (
        SELECT c.employee_id, sum(c.amount) AS total, (array_agg(c.points_after ORDER BY c.entry_number DESC))[1] AS last_after,
               count(*) FILTER (WHERE c.entry_number <> c.place OR c.points_before <> c.previous_after
                                   OR c.points_after <> c.points_before + c.amount OR c.points_after < 0
                                   OR c.created_at < c.previous_at) AS broken
        FROM (
            SELECT eh.*, row_number() OVER w AS place, coalesce(lag(eh.points_after) OVER w, 0) AS previous_after,
                   lag(eh.created_at) OVER w AS previous_at
            FROM employee_points_history eh
            WINDOW w AS (PARTITION BY eh.employee_id ORDER BY eh.entry_number)
        ) c
        GROUP BY c.employee_id
    ) h ON h.employee_id = e.id
    WHERE e.id IS NULL OR e.points < 0 OR e.points <> coalesce(h.total, 0) OR e.points <> coalesce(h.last_after, 0) OR h.broken > 0
    UNION ALL
    -- I2: a booking that moved points has cost its price while it is active, and nothing once it is cancelled.
    SELECT 'I2', 'gusmester_booking', b.id::text, jsonb_build_object('status', b.status, 'point_cost', b.point_cost, 'moved', m.moved)
    FROM gusmester_bookings b
    JOIN (
        SELECT eh.related_booking_id, sum(eh.amount) AS moved
        FROM employee_points_history eh WHERE eh.related_booking_id IS NOT NULL GROUP BY eh.related_booking_id
    ) m ON m.related_booking_id = b.id
    WHERE m.moved <> CASE b.status WHEN 'active' THEN -b.point_cost ELSE 0 END
$$;
REVOKE ALL ON FUNCTION _gusmester_invariants FROM PUBLIC, anon, authenticated, service_role;
