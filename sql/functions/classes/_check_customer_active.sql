-- Deactivation stops new bookings. Error: inactive.
CREATE OR REPLACE FUNCTION _check_customer_active(p_customer class_customer) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT p_customer.is_active THEN
        PERFORM _fail('inactive', 'This client is inactive',
                      jsonb_build_object('customer_id', coalesce(p_customer.client_id, p_customer.customer_id)));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_customer_active FROM PUBLIC, anon, authenticated, service_role;
