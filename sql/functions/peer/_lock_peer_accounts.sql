-- Lock (2), ledger accounts in ascending id order: the client's and the practitioner's. Returns what both have before anything moves.
DROP TYPE IF EXISTS peer_payment;
CREATE TYPE peer_payment AS (
    client_balance       bigint,
    practitioner_balance bigint
);
CREATE OR REPLACE FUNCTION _lock_peer_accounts(p_client_id uuid, p_practitioner_id uuid) RETURNS peer_payment
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_client       credits;
    v_practitioner credits;
BEGIN
    IF p_client_id < p_practitioner_id THEN
        v_client := _lock_account(p_client_id);
        v_practitioner := _lock_account(p_practitioner_id);
    ELSE
        v_practitioner := _lock_account(p_practitioner_id);
        v_client := _lock_account(p_client_id);
    END IF;
    RETURN (v_client.balance, v_practitioner.balance);
END
$$;
REVOKE ALL ON FUNCTION _lock_peer_accounts FROM PUBLIC, anon, authenticated, service_role;
