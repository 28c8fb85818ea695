-- The two entries of a peer session: its client pays what it costs, its practitioner earns it. The accounts are locked by the caller.
-- Error: insufficient_credits (required, available).
CREATE OR REPLACE FUNCTION _pay_peer_session(p_session client_sessions, p_before peer_payment) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _check_credits((p_before.client).balance, p_session.credit_cost);
    PERFORM _post_entries(
        p_before.client, 'session_payment', -p_session.credit_cost, 'Peer session', p_session_id => p_session.id,
        p_transfer_id => _new_id(), p_other => p_before.practitioner, p_other_type => 'session_earning');
END
$$;
REVOKE ALL ON FUNCTION _pay_peer_session FROM PUBLIC, anon, authenticated, service_role;
