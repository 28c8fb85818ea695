-- For whom a class is booked: a client by themself, a client or lead of the organization by its staff or the service.
-- Errors: invalid_input, not_allowed (no client here, or somebody else), not_found (for staff), inactive.
CREATE OR REPLACE FUNCTION _acting_customer(p_organization_id uuid, p_customer_id uuid, p_customer_type text, p_is_staff boolean) RETURNS class_customer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_customer class_customer;
BEGIN
    IF p_organization_id IS NULL OR p_customer_id IS NULL THEN
        PERFORM _require_value('p_organization_id', p_organization_id);
        PERFORM _require_value('p_customer_id', p_customer_id);
    END IF;
    IF p_customer_type IS NULL OR p_customer_type NOT IN ('client', 'lead') THEN
        PERFORM _fail('invalid_input', 'p_customer_type is not client or lead', '{"parameter": "p_customer_type"}');
    END IF;
    v_customer := _customer(p_organization_id, p_customer_id, p_customer_type);
    IF NOT p_is_staff AND v_customer.user_id IS DISTINCT FROM caller_id() THEN
        PERFORM _fail('not_allowed', 'You may act for yourself only, as a client of this organization');
    END IF;
    IF v_customer.person_id IS NULL THEN
        PERFORM _fail('not_found', format('No such %s in this organization', p_customer_type),
                      jsonb_build_object('entity', p_customer_type, 'id', p_customer_id));
    END IF;
    RETURN v_customer;
END
$$;
REVOKE ALL ON FUNCTION _acting_customer FROM PUBLIC, anon, authenticated, service_role;
