-- Queues a notification about a class to a customer: to their login, else to their address.
CREATE OR REPLACE FUNCTION _tell_class(p_type text, p_class class_sessions, p_customer class_customer, p_more jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _queue_notifications(jsonb_build_array(jsonb_build_object(
        'type', p_type, 'user_id', p_customer.user_id, 'address', p_customer.email, 'session_id', p_class.id,
        'payload', p_more || jsonb_build_object(
            'name', p_class.name, 'starts_at', p_class.starts_at, 'organization_id', p_class.organization_id,
            'timezone', (SELECT o.timezone FROM organizations o WHERE o.id = p_class.organization_id)))));
END
$$;
REVOKE ALL ON FUNCTION _tell_class FROM PUBLIC, anon, authenticated, service_role;
