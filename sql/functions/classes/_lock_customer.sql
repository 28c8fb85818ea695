-- Lock (2), people: a client or lead, read again: nobody erases them or makes them another person until the booking is there.
CREATE OR REPLACE FUNCTION _lock_customer(p_customer class_customer) RETURNS class_customer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_customer.client_id IS NOT NULL THEN
        PERFORM FROM clients c WHERE c.id = p_customer.client_id FOR NO KEY UPDATE;
        RETURN _customer(p_customer.organization_id, p_customer.client_id, 'client');
    END IF;
    PERFORM FROM leads l WHERE l.id = p_customer.customer_id FOR NO KEY UPDATE;
    RETURN _customer(p_customer.organization_id, p_customer.customer_id, 'lead');
END
$$;
REVOKE ALL ON FUNCTION _lock_customer FROM PUBLIC, anon, authenticated, service_role;
