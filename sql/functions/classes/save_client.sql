-- Staff keep a client, who is found by e-mail. A new one whose address is a lead's is that lead's person. Lock: the organization.
DROP TYPE IF EXISTS save_client_result;
CREATE TYPE save_client_result AS (
    success   boolean,
    client_id uuid
);
CREATE OR REPLACE FUNCTION save_client(
    p_organization_id uuid, p_name text, p_email text, p_phone text DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object(
        'p_organization_id', p_organization_id,
        'p_name', left(p_name, 10001),
        'p_email', left(p_email, 10001),
        'p_phone', left(p_phone, 10001));
    v_replay    json;
    v_result    save_client_result;
    v_name      text;
    v_email     text;
    v_phone     text;
    v_lead_id   uuid;
    v_changed   boolean;
BEGIN
    v_replay := _begin_command('save_client', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_staff(p_organization_id);
    v_name := _require_text('p_name', p_name);
    v_email := _require_email('p_email', p_email);
    v_phone := _optional_text('p_phone', p_phone);
    PERFORM _lock_organization(p_organization_id);
    SELECT l.id INTO v_lead_id FROM leads l
    WHERE l.organization_id = p_organization_id AND lower(l.email) = lower(v_email)
      AND NOT EXISTS (SELECT FROM clients c WHERE c.lead_id = l.id);

    INSERT INTO clients AS c (id, organization_id, lead_id, name, email, phone)
    VALUES (_new_id(), p_organization_id, v_lead_id, v_name, v_email, v_phone)
    ON CONFLICT (lower(email), organization_id) DO UPDATE SET name = v_name, email = v_email, phone = coalesce(v_phone, c.phone)
        WHERE (c.name, c.email, c.phone) IS DISTINCT FROM (v_name, v_email, coalesce(v_phone, c.phone));
    v_changed := FOUND;
    SELECT c.id INTO STRICT v_result.client_id FROM clients c
    WHERE c.organization_id = p_organization_id AND lower(c.email) = lower(v_email);
    IF v_changed THEN
        PERFORM _audit('save_client', 'client', v_result.client_id, jsonb_build_object('organization_id', p_organization_id));
    END IF;

    v_result.success := true;
    RETURN _finish_command('save_client', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION save_client FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION save_client TO authenticated, service_role;
COMMENT ON FUNCTION save_client IS
'Staff make a client or, where the organization has one with this e-mail address, change the name and phone number; again changes nothing. A new client whose address is a lead''s is the same person as the lead. For staff and the service.
p_organization_id: uuid. p_name: text. p_email: an e-mail address. p_phone: text; left out, the number stays. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, client_id}.
Raises: invalid_input, not_authenticated, not_allowed, not_found (the organization, for the service), idempotency_conflict.
Rule: contract, section 8.';
