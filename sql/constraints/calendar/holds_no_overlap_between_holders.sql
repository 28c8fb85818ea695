-- A practitioner's time is held for one person at a time. Holds that have expired but are not yet marked are marked by the next hold_slot().

-- violations:
SELECT a.id, b.id AS overlaps_id, a.practitioner_id, a.starts_at, a.ends_at
FROM slot_holds a
JOIN slot_holds b ON b.practitioner_id = a.practitioner_id
    AND b.holder_id <> a.holder_id
    AND b.id > a.id
    AND tstzrange(b.starts_at, b.ends_at) && tstzrange(a.starts_at, a.ends_at)
WHERE a.status = 'live' AND b.status = 'live';

-- repair:
-- Keep one hold of each row:
--   UPDATE slot_holds SET status = 'released' WHERE id = '...';

-- add:
ALTER TABLE slot_holds ADD CONSTRAINT holds_no_overlap_between_holders EXCLUDE USING gist (
    practitioner_id WITH =, tstzrange(starts_at, ends_at) WITH &&, holder_id WITH <>) WHERE (status = 'live');
