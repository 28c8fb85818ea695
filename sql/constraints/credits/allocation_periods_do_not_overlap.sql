-- I7: the periods of a user's subscription do not overlap within a type. Stops half a month from being paid twice.

-- violations:
SELECT a.id, b.id AS overlaps_id, a.user_id, a.subscription_id, a.allocation_type, a.period_start, a.period_end
FROM credit_allocations a
JOIN credit_allocations b ON b.user_id = a.user_id
    AND b.subscription_id IS NOT DISTINCT FROM a.subscription_id
    AND b.allocation_type = a.allocation_type
    AND b.id > a.id
    AND tstzrange(b.period_start, b.period_end) && tstzrange(a.period_start, a.period_end);

-- repair:
-- Keep one allocation of each row; see one_allocation_per_period.

-- add:
ALTER TABLE credit_allocations ADD CONSTRAINT allocation_periods_do_not_overlap EXCLUDE USING gist (
    user_id WITH =,
    coalesce(subscription_id, '00000000-0000-0000-0000-000000000000') WITH =,
    allocation_type WITH =,
    tstzrange(period_start, period_end) WITH &&);
