-- A lead becomes a client and stays the same person: bookings, memberships and packages are the client's too.
-- Locks: the organization, the client with the lead's address, the lead.
DROP TYPE IF EXISTS convert_lead_to_client_result;
CREATE TYPE convert_lead_to_client_result AS (
    success   boolean,
    client_id uuid
);
CREATE OR REPLACE FUNCTION convert_lead_to_client(p_lead_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_lead_id', p_lead_id);
    v_replay    json;
    v_result    convert_lead_to_client_result;
    v_lead      leads;
BEGIN
    v_replay := _begin_command('convert_lead_to_client', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_value('p_lead_id', p_lead_id);
    SELECT * INTO v_lead FROM leads l WHERE l.id = p_lead_id;
    IF NOT FOUND OR NOT _is_staff(v_lead.organization_id) THEN
        PERFORM _fail('not_found', 'No such lead', jsonb_build_object('entity', 'lead', 'id', p_lead_id));
    END IF;
    PERFORM _lock_organization(v_lead.organization_id);
    SELECT c.id INTO v_result.client_id FROM clients c WHERE c.lead_id = p_lead_id;
    IF NOT FOUND THEN
        v_result.client_id := _make_client_of_lead(p_lead_id);
        PERFORM _audit('convert_lead_to_client', 'client', v_result.client_id, jsonb_build_object(
            'organization_id', v_lead.organization_id, 'lead_id', p_lead_id));
    END IF;

    v_result.success := true;
    RETURN _finish_command('convert_lead_to_client', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION convert_lead_to_client FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION convert_lead_to_client TO authenticated, service_role;
COMMENT ON FUNCTION convert_lead_to_client IS
'A lead becomes a client: the same person, with their bookings, memberships and packages. A client with the lead''s e-mail address becomes the lead''s person. Again changes nothing. For staff and the service.
p_lead_id: uuid. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, client_id}.
Raises: invalid_input, not_authenticated, not_found (also another organization''s), inactive (customer_id, erased), invalid_state (status; the client came from another lead), already_booked (lead and client both have a place in a class, or wait for one), idempotency_conflict.
Rule: contract, section 8.';
