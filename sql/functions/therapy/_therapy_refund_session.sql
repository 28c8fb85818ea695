-- What a therapy session cost goes back to its client, unless the client cancels it too late. Returns the credits given back.
-- Lock (2): the client's account.
CREATE OR REPLACE FUNCTION _therapy_refund_session(p_session client_sessions) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_session.is_peer_booking OR p_session.credit_cost = 0 OR _is_late_for_client(p_session) OR EXISTS (
        -- One that was taken up again after its refund has nothing left to give back.
        SELECT FROM credit_transactions t WHERE t.session_id = p_session.id AND t.transaction_type = 'refund') THEN
        RETURN 0;
    END IF;
    PERFORM _post_entries(_lock_account(p_session.client_id), 'refund', p_session.credit_cost, 'Therapy session cancelled', p_session_id => p_session.id);
    RETURN p_session.credit_cost;
END
$$;
REVOKE ALL ON FUNCTION _therapy_refund_session FROM PUBLIC, anon, authenticated, service_role;
