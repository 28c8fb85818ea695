-- A client or lead of an organization that the caller works for. Errors: those of _require_staff() and _acting_customer(), inactive.
CREATE OR REPLACE FUNCTION _customer_of_staff(p_organization_id uuid, p_customer_id uuid, p_customer_type text) RETURNS class_customer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_customer class_customer;
BEGIN
    PERFORM _require_staff(p_organization_id);
    v_customer := _lock_customer(_acting_customer(p_organization_id, p_customer_id, p_customer_type, true));
    PERFORM _check_customer_active(v_customer);
    RETURN v_customer;
END
$$;
REVOKE ALL ON FUNCTION _customer_of_staff FROM PUBLIC, anon, authenticated, service_role;
