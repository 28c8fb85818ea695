-- Whether an adjustment can bring a ledger to what its account shows. Error: invalid_state.
CREATE OR REPLACE FUNCTION _check_repairable(p_account credits, p_ledger credits) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_amount numeric := p_account.balance::numeric - p_ledger.balance;
BEGIN
    PERFORM FROM _credit_differences(p_account.user_id) d WHERE d.entry_number IS NOT NULL;
    IF FOUND THEN
        PERFORM _fail('invalid_state', 'The ledger is broken in itself; no adjustment repairs that', jsonb_build_object('user_id', p_account.user_id),
                      'Look at it with reconcile_credits(); entries are never edited.');
    END IF;
    IF abs(v_amount) > 2147483647 OR (v_amount < 0 AND p_account.balance < 0) THEN
        PERFORM _fail('invalid_state', format('No adjustment leads from %s to %s credits', p_ledger.balance, p_account.balance),
                      jsonb_build_object('user_id', p_account.user_id), 'An adjustment moves less than 2147483648 credits and ends at 0 or above.');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_repairable FROM PUBLIC, anon, authenticated, service_role;
