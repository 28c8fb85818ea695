-- I8: a person has one booking of a class that is not cancelled, whether as the lead or as the client they became.

-- violations:
SELECT class_session_id, person_id, array_agg(id ORDER BY created_at, id) AS booking_ids
FROM bookings
WHERE booking_status <> 'cancelled'
GROUP BY class_session_id, person_id
HAVING count(*) > 1;

-- repair:
-- Keep the first booking of each row; cancel the others with cancel_class_booking(), which gives their use back.

-- add:
CREATE UNIQUE INDEX one_live_booking_per_person ON bookings (class_session_id, person_id) WHERE booking_status <> 'cancelled';
