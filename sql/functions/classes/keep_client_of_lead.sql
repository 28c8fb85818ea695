-- I9: who came from a lead stays that lead's person: what the two share was used for the bookings of both.
CREATE OR REPLACE FUNCTION keep_client_of_lead() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'check_violation',
        MESSAGE = 'A client who came from a lead stays that lead''s person',
        HINT = 'Make another client.';
END
$$;
REVOKE ALL ON FUNCTION keep_client_of_lead FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_client_of_lead IS 'Trigger: refuses to take a client from the lead they came from (I9).';
CREATE OR REPLACE TRIGGER clients_stay_with_lead
    BEFORE UPDATE OF lead_id ON clients
    FOR EACH ROW WHEN (OLD.lead_id IS NOT NULL AND OLD.lead_id IS DISTINCT FROM NEW.lead_id) EXECUTE FUNCTION keep_client_of_lead();
