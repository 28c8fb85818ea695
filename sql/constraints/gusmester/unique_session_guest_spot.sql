-- I1: a session has one guest spot. Stops two first assignments at once from making two.

-- violations:
SELECT session_id, array_agg(id ORDER BY id) AS guest_spot_ids
FROM guest_spots
GROUP BY session_id
HAVING count(*) > 1;

-- repair:
-- Keep the booked spot of each session, else the released one, else the oldest, and delete the others:
--   DELETE FROM guest_spots WHERE id IN (...);

-- add:
ALTER TABLE guest_spots ADD CONSTRAINT unique_session_guest_spot UNIQUE (session_id);
