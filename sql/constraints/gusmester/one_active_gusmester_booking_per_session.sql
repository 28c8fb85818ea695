-- I1: a session has at most one active gusmester booking. Stops two employees from getting the one spot.

-- violations:
SELECT session_id, array_agg(id ORDER BY booked_at, id) AS booking_ids
FROM gusmester_bookings
WHERE status = 'active'
GROUP BY session_id
HAVING count(*) > 1;

-- repair:
-- Keep the first booking of each row; cancel the others by hand and give their points back:
--   UPDATE gusmester_bookings SET status = 'cancelled', cancelled_at = now() WHERE id = '...';
--   INSERT INTO employee_points_history (employee_id, amount, reason, related_session_id, related_booking_id)
--   SELECT employee_id, point_cost, 'Double booking repaired', session_id, id FROM gusmester_bookings WHERE id = '...' AND point_cost > 0;

-- add:
CREATE UNIQUE INDEX one_active_gusmester_booking_per_session ON gusmester_bookings (session_id) WHERE status = 'active';
