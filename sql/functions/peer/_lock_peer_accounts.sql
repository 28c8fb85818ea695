-- Lock (2), ledger accounts in ascending id order: the client's and the practitioner's. Returns them as they are before anything moves.
DROP TYPE IF EXISTS peer_payment;
CREATE TYPE peer_payment AS (
    client       credits,
    practitioner credits
);
CREATE OR REPLACE FUNCTION _lock_peer_accounts(p_client_id uuid, p_practitioner_id uuid) RETURNS peer_payment
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_accounts peer_payment;
BEGIN
    IF p_client_id < p_practitioner_id THEN
        v_accounts.client := _lock_account(p_client_id);
        v_accounts.practitioner := _lock_account(p_practitioner_id);
    ELSE
        v_accounts.practitioner := _lock_account(p_practitioner_id);
        v_accounts.client := _lock_account(p_client_id);
    END IF;
    RETURN v_accounts;
END
$$;
REVOKE ALL ON FUNCTION _lock_peer_accounts FROM PUBLIC, anon, authenticated, service_role;
