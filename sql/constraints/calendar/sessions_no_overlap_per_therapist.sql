-- I5: a therapist has no two overlapping sessions that block their time. Stands behind sessions_nobody_in_two_places, which looks in every role.

-- violations:
SELECT a.id, b.id AS overlaps_id, a.therapist_id, a.starts_at, a.ends_at
FROM client_sessions a
JOIN client_sessions b ON b.therapist_id = a.therapist_id
    AND b.id > a.id
    AND tstzrange(b.starts_at, b.ends_at) && tstzrange(a.starts_at, a.ends_at)
WHERE a.status IN ('scheduled', 'confirmed', 'in_progress')
  AND b.status IN ('scheduled', 'confirmed', 'in_progress');

-- repair:
-- Keep one session of each row; cancel or move the other with cancel_session() or reschedule_session(), which give the credits back
-- and tell both people.

-- add:
-- therapist_id IS NOT NULL is always true: it keeps the index from serving those who look for the other person, over all sessions of a time.
ALTER TABLE client_sessions ADD CONSTRAINT sessions_no_overlap_per_therapist EXCLUDE USING gist (
    therapist_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (
    status IN ('scheduled', 'confirmed', 'in_progress') AND therapist_id IS NOT NULL);
