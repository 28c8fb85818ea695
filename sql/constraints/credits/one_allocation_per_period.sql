-- I7: a user's subscription gets one allocation of a type for a period. Stops a webhook that is delivered twice from paying twice.

-- violations:
SELECT user_id, subscription_id, allocation_type, period_start, period_end, array_agg(id ORDER BY allocated_at, id) AS allocation_ids
FROM credit_allocations
GROUP BY user_id, subscription_id, allocation_type, period_start, period_end
HAVING count(*) > 1;

-- repair:
-- Keep the first allocation of each row. Take the credits of the others back with their reason, point the events that made
-- them to the one that is kept, then take the rows away:
--   SELECT update_credit_balance(user_id, -amount, 'adjustment', 'Allocated twice', id, 'monthly_allocation')
--   FROM credit_allocations WHERE id = '...';
--   UPDATE payment_events SET allocation_id = '(kept)' WHERE allocation_id = '...';
--   DELETE FROM credit_allocations WHERE id = '...';

-- add:
ALTER TABLE credit_allocations ADD CONSTRAINT one_allocation_per_period
    UNIQUE NULLS NOT DISTINCT (user_id, subscription_id, allocation_type, period_start, period_end);
