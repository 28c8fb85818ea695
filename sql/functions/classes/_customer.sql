-- A client or a lead of an organization; all NULL when there is none.
DROP TYPE IF EXISTS class_customer;
CREATE TYPE class_customer AS (
    organization_id uuid,
    customer_id     uuid,
    client_id       uuid,
    person_id       uuid,
    user_id         uuid,
    email           text,
    is_active       boolean
);
CREATE OR REPLACE FUNCTION _customer(p_organization_id uuid, p_customer_id uuid, p_customer_type text) RETURNS class_customer
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_customer class_customer;
BEGIN
    IF p_customer_type = 'client' THEN
        SELECT c.organization_id, NULL::uuid, c.id, c.person_id, c.user_id, c.email, c.status = 'active' INTO v_customer
        FROM clients c WHERE c.id = p_customer_id AND c.organization_id = p_organization_id;
    ELSE
        -- Of a lead who has become a client, the client's login.
        SELECT l.organization_id, l.id, NULL::uuid, l.person_id, c.user_id, l.email, coalesce(c.status, 'active') = 'active' AND l.status <> 'erased'
        INTO v_customer
        FROM leads l
        LEFT JOIN clients c ON c.lead_id = l.id
        WHERE l.id = p_customer_id AND l.organization_id = p_organization_id;
    END IF;
    IF v_customer.is_active AND v_customer.user_id IS NOT NULL THEN
        PERFORM FROM profiles p WHERE p.user_id = v_customer.user_id AND NOT (p.is_active AND p.deleted_at IS NULL);
        v_customer.is_active := NOT FOUND;
    END IF;
    RETURN v_customer;
END
$$;
REVOKE ALL ON FUNCTION _customer FROM PUBLIC, anon, authenticated, service_role;
