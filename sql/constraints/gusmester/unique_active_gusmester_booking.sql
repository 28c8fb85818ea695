-- I1: an employee holds at most one active booking of a session. Stops a second charge for the same place.

-- violations:
SELECT employee_id, session_id, array_agg(id ORDER BY booked_at, id) AS booking_ids
FROM gusmester_bookings
WHERE status = 'active'
GROUP BY employee_id, session_id
HAVING count(*) > 1;

-- repair:
-- Keep the first booking of each row; cancel the others by hand and give their points back:
--   UPDATE gusmester_bookings SET status = 'cancelled', cancelled_at = now() WHERE id = '...';
--   INSERT INTO employee_points_history (employee_id, amount, reason, related_session_id, related_booking_id)
--   SELECT employee_id, point_cost, 'Double booking repaired', session_id, id FROM gusmester_bookings WHERE id = '...' AND point_cost > 0;

-- add:
CREATE UNIQUE INDEX unique_active_gusmester_booking ON gusmester_bookings (employee_id, session_id) WHERE status = 'active';
