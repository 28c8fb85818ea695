-- Whom the widget books for: the active client with this address, else the lead, who is made where there is none.
-- All NULL when somebody erased them at this moment.
CREATE OR REPLACE FUNCTION _widget_customer(p_organization_id uuid, p_name text, p_email text, p_phone text) RETURNS class_customer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_id uuid;
BEGIN
    SELECT c.id INTO v_id FROM clients c
    WHERE c.organization_id = p_organization_id AND lower(c.email) = lower(p_email) AND c.status = 'active';
    IF FOUND THEN
        RETURN _customer(p_organization_id, v_id, 'client');
    END IF;
    INSERT INTO leads (id, organization_id, name, email, phone) VALUES (_new_id(), p_organization_id, p_name, p_email, p_phone)
    ON CONFLICT (lower(email), organization_id) DO NOTHING;
    SELECT l.id INTO v_id FROM leads l WHERE l.organization_id = p_organization_id AND lower(l.email) = lower(p_email);
    RETURN _customer(p_organization_id, v_id, 'lead');
END
$$;
REVOKE ALL ON FUNCTION _widget_customer FROM PUBLIC, anon, authenticated, service_role;
