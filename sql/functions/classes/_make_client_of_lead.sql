-- The client that a lead becomes: the one with the same address, else a new one. Locks (2): that client, the lead.
-- Errors: inactive (erased), invalid_state (the client came from another lead), already_booked (both hold a place in a class, or wait for one).
CREATE OR REPLACE FUNCTION _make_client_of_lead(p_lead_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_lead   leads;
    v_client clients;
BEGIN
    SELECT * INTO STRICT v_lead FROM leads l WHERE l.id = p_lead_id FOR NO KEY UPDATE;
    IF v_lead.status = 'erased' THEN
        PERFORM _fail('inactive', 'This lead was erased', jsonb_build_object('customer_id', p_lead_id));
    END IF;
    SELECT * INTO v_client FROM clients c
    WHERE c.organization_id = v_lead.organization_id AND lower(c.email) = lower(v_lead.email) FOR NO KEY UPDATE;
    UPDATE leads l SET status = 'converted' WHERE l.id = p_lead_id;
    IF v_client.id IS NULL THEN
        INSERT INTO clients (id, organization_id, lead_id, name, email, phone)
        VALUES (_new_id(), v_lead.organization_id, p_lead_id, v_lead.name, v_lead.email, v_lead.phone)
        RETURNING * INTO STRICT v_client;
        RETURN v_client.id;
    END IF;
    IF v_client.lead_id IS NOT NULL THEN
        PERFORM _fail('invalid_state', 'The client with this e-mail address came from another lead', '{"status": "converted"}');
    END IF;
    -- No look could say it before: a booking may be on its way. The client's rows follow by ON UPDATE CASCADE, and the unique indexes decide.
    BEGIN
        UPDATE clients c SET lead_id = p_lead_id WHERE c.id = v_client.id;
    EXCEPTION
        WHEN unique_violation THEN
            PERFORM _fail('already_booked', 'The lead and the client both have a place in a class or wait for one', '{}', 'Cancel one of the two.');
    END;
    RETURN v_client.id;
END
$$;
REVOKE ALL ON FUNCTION _make_client_of_lead FROM PUBLIC, anon, authenticated, service_role;
