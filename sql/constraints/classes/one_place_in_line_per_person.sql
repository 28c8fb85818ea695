-- A person waits once for a class.

-- violations:
SELECT class_session_id, person_id, array_agg(id ORDER BY place) AS waitlist_ids
FROM class_waitlist
WHERE status = 'waiting'
GROUP BY class_session_id, person_id
HAVING count(*) > 1;

-- repair:
-- Keep the first row; the others leave the line:
--   UPDATE class_waitlist SET status = 'left' WHERE id = '...';

-- add:
CREATE UNIQUE INDEX one_place_in_line_per_person ON class_waitlist (class_session_id, person_id) WHERE status = 'waiting';
