-- Where accounts, ledgers and sessions differ: of one person, or of all. No rows where all agree.
-- Modules with sessions contribute _<module>_known_sessions(ids), those of the ids that are sessions,
-- and _<module>_unpaid_sessions(user), the sessions that say they are paid and have no such entries.
CREATE OR REPLACE FUNCTION reconcile_credits(p_user_id uuid DEFAULT NULL)
RETURNS TABLE (user_id uuid, problem text, entry_number bigint, session_id uuid, expected bigint, found bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET plan_cache_mode TO force_custom_plan
AS $$
DECLARE
    v_function text;
    v_sessions uuid[];
    v_found    uuid[];
BEGIN
    PERFORM _require_service();
    RETURN QUERY
        SELECT d.user_id, d.problem, d.entry_number, NULL::uuid, d.expected, d.found FROM _credit_differences(p_user_id) d;

    v_sessions := ARRAY(
        SELECT DISTINCT t.session_id FROM credit_transactions t
        WHERE t.session_id IS NOT NULL AND (p_user_id IS NULL OR t.user_id = p_user_id));
    FOREACH v_function IN ARRAY _module_functions('known_sessions') LOOP
        EXECUTE format('SELECT %I($1)', v_function) INTO v_found USING v_sessions;
        v_sessions := ARRAY(SELECT unnest(v_sessions) EXCEPT SELECT unnest(v_found));
    END LOOP;
    RETURN QUERY
        SELECT t.user_id, 'entry_without_session', t.entry_number, t.session_id, NULL::bigint, t.amount::bigint
        FROM credit_transactions t
        WHERE t.session_id = ANY (v_sessions) AND (p_user_id IS NULL OR t.user_id = p_user_id);

    FOREACH v_function IN ARRAY _module_functions('unpaid_sessions') LOOP
        RETURN QUERY EXECUTE format(
            'SELECT s.user_id, ''session_without_entry'', NULL::bigint, s.session_id, s.expected, s.found FROM %I($1) s', v_function)
        USING p_user_id;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION reconcile_credits FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION reconcile_credits TO service_role;
COMMENT ON FUNCTION reconcile_credits IS
'Lists where the accounts of credits, their ledgers and the sessions they paid differ; no rows where all agree. For the service.
p_user_id: uuid of one person, default everybody.
Returns: user_id, problem, entry_number (may be NULL), session_id (may be NULL), expected (what the ledger says; may be NULL), found (what is there; may be NULL). Problems of an account: balance, last_balance, total_earned, total_spent, last_entry, account_time; of an entry: entry_number, entry_before, entry_after, entry_time, entry_without_session; of a session: session_without_entry.
Raises: not_authenticated, not_allowed.
Rule: contract, section 6.';
