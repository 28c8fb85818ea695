-- I3: where accounts and their ledgers differ, or a ledger is broken in itself; of one person, or of all (NULL).
-- Planned anew for each call: the plan for all would read all for one, too.
CREATE OR REPLACE FUNCTION _credit_differences(p_user_id uuid)
RETURNS TABLE (user_id uuid, problem text, entry_number bigint, expected bigint, found bigint)
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode TO force_custom_plan
AS $$
BEGIN
    RETURN QUERY
    WITH entries AS (
        SELECT t.user_id, t.entry_number, t.amount, t.balance_before, t.balance_after, t.created_at,
               row_number() OVER w AS place,
               coalesce(lag(t.balance_after) OVER w, 0) AS previous_after,
               lag(t.created_at) OVER w AS previous_at,
               lead(t.entry_number) OVER w IS NULL AS is_last
        FROM credit_transactions t
        WHERE p_user_id IS NULL OR t.user_id = p_user_id
        WINDOW w AS (PARTITION BY t.user_id ORDER BY t.entry_number)
    ), ledgers AS (
        SELECT e.user_id, sum(e.amount) AS balance, sum(e.balance_after) FILTER (WHERE e.is_last) AS last_after,
               coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS earned,
               coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0) AS spent,
               max(e.entry_number) AS last_entry, max(e.created_at) FILTER (WHERE e.is_last) AS last_at
        FROM entries e
        GROUP BY e.user_id
    ), accounts AS (
        SELECT c.user_id, c.balance, c.total_earned, c.total_spent, c.last_entry, c.updated_at
        FROM credits c
        WHERE p_user_id IS NULL OR c.user_id = p_user_id
    )
    SELECT coalesce(a.user_id, l.user_id), d.problem, NULL::bigint, d.expected, d.found
    FROM accounts a
    FULL JOIN ledgers l ON l.user_id = a.user_id
    CROSS JOIN LATERAL (VALUES
        ('balance', coalesce(l.balance, 0)::bigint, a.balance),
        ('last_balance', coalesce(l.last_after, 0)::bigint, a.balance),
        ('total_earned', coalesce(l.earned, 0)::bigint, a.total_earned),
        ('total_spent', coalesce(l.spent, 0)::bigint, a.total_spent),
        ('last_entry', coalesce(l.last_entry, 0), a.last_entry)
    ) AS d (problem, expected, found)
    WHERE d.expected IS DISTINCT FROM d.found
    UNION ALL
    SELECT a.user_id, 'account_time', NULL, NULL, NULL
    FROM accounts a
    LEFT JOIN ledgers l ON l.user_id = a.user_id
    WHERE a.updated_at <> coalesce(l.last_at, least(a.updated_at, now()))
    UNION ALL
    SELECT e.user_id, d.problem, e.entry_number, d.expected, d.found
    FROM entries e
    CROSS JOIN LATERAL (VALUES
        ('entry_number', e.place, e.entry_number, e.place <> e.entry_number),
        ('entry_before', e.previous_after, e.balance_before, e.previous_after <> e.balance_before),
        ('entry_after', e.balance_before + e.amount, e.balance_after, e.balance_before + e.amount <> e.balance_after),
        ('entry_time', NULL, NULL, e.created_at < e.previous_at)
    ) AS d (problem, expected, found, is_broken)
    WHERE d.is_broken;
END
$$;
REVOKE ALL ON FUNCTION _credit_differences FROM PUBLIC, anon, authenticated, service_role;
