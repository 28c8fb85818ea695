-- Staff keep a lead, who is found by e-mail. One whose address is a client's is that client's person. Lock: the organization.
DROP TYPE IF EXISTS save_lead_result;
CREATE TYPE save_lead_result AS (
    success boolean,
    lead_id uuid
);
CREATE OR REPLACE FUNCTION save_lead(
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
    v_result    save_lead_result;
    v_name      text;
    v_email     text;
    v_phone     text;
    v_client    clients;
    v_changed   boolean;
BEGIN
    v_replay := _begin_command('save_lead', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_staff(p_organization_id);
    v_name := _require_text('p_name', p_name);
    v_email := _require_email('p_email', p_email);
    v_phone := _optional_text('p_phone', p_phone);
    PERFORM _lock_organization(p_organization_id);
    SELECT * INTO v_client FROM clients c
    WHERE c.organization_id = p_organization_id AND lower(c.email) = lower(v_email) AND c.lead_id IS NULL FOR NO KEY UPDATE;

    INSERT INTO leads AS l (id, organization_id, person_id, name, email, phone)
    VALUES (_new_id(), p_organization_id, v_client.person_id, v_name, v_email, v_phone)
    ON CONFLICT (lower(email), organization_id) DO UPDATE SET name = v_name, email = v_email, phone = coalesce(v_phone, l.phone)
        WHERE (l.name, l.email, l.phone) IS DISTINCT FROM (v_name, v_email, coalesce(v_phone, l.phone));
    v_changed := FOUND;
    SELECT l.id INTO STRICT v_result.lead_id FROM leads l
    WHERE l.organization_id = p_organization_id AND lower(l.email) = lower(v_email);
    UPDATE clients c SET lead_id = l.id
    FROM leads l WHERE l.id = v_result.lead_id AND c.id = v_client.id AND l.person_id = c.person_id;
    IF v_changed OR FOUND THEN
        PERFORM _audit('save_lead', 'lead', v_result.lead_id, jsonb_build_object('organization_id', p_organization_id));
    END IF;

    v_result.success := true;
    RETURN _finish_command('save_lead', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION save_lead FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION save_lead TO authenticated, service_role;
COMMENT ON FUNCTION save_lead IS
'Staff make a lead or, where the organization has one with this e-mail address, change the name and phone number; again changes nothing. For staff and the service.
p_organization_id: uuid. p_name: text. p_email: an e-mail address. p_phone: text; left out, the number stays. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, lead_id}.
Raises: invalid_input, not_authenticated, not_allowed, not_found (the organization, for the service), idempotency_conflict.
Rule: contract, section 8.';
