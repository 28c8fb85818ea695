-- What a peer session cost goes back to its client, always in full, from its practitioner, whatever they have left: that is their debt then.
-- Returns the credits given back. Locks (2): both accounts in id order.
CREATE OR REPLACE FUNCTION _peer_refund_session(p_session client_sessions) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_accounts peer_payment;
BEGIN
    IF NOT p_session.is_peer_booking OR EXISTS (
        -- One that was taken up again after its refund has nothing left to give back.
        SELECT FROM credit_transactions t WHERE t.session_id = p_session.id AND t.transaction_type = 'refund') THEN
        RETURN 0;
    END IF;
    v_accounts := _lock_peer_accounts(p_session.client_id, p_session.therapist_id);
    PERFORM _post_entries(
        v_accounts.client, 'refund', p_session.credit_cost, 'Peer session cancelled', p_session_id => p_session.id,
        p_transfer_id => _new_id(), p_other => v_accounts.practitioner, p_other_type => 'session_earning_reversal');
    RETURN p_session.credit_cost;
END
$$;
REVOKE ALL ON FUNCTION _peer_refund_session FROM PUBLIC, anon, authenticated, service_role;
