-- Staff give a client or lead a package of classes. Lock: the customer.
DROP TYPE IF EXISTS create_package_result;
CREATE TYPE create_package_result AS (
    success    boolean,
    package_id uuid
);
CREATE OR REPLACE FUNCTION create_package(
    p_organization_id uuid, p_customer_id uuid, p_customer_type text, p_name text, p_classes_total int,
    p_expires_at timestamptz DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object(
        'p_organization_id', p_organization_id,
        'p_customer_id', p_customer_id,
        'p_customer_type', left(p_customer_type, 10001),
        'p_name', left(p_name, 10001),
        'p_classes_total', p_classes_total,
        'p_expires_at', p_expires_at);
    v_replay    json;
    v_result    create_package_result;
    v_customer  class_customer;
    v_name      text;
BEGIN
    v_replay := _begin_command('create_package', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_customer := _customer_of_staff(p_organization_id, p_customer_id, p_customer_type);
    v_name := _require_text('p_name', p_name);
    PERFORM _require_positive('p_classes_total', p_classes_total);
    IF p_expires_at IS NOT NULL THEN
        PERFORM _require_instant('p_expires_at', p_expires_at);
    END IF;

    v_result.package_id := _new_id();
    INSERT INTO packages (id, organization_id, client_id, lead_id, name, classes_total, expires_at)
    VALUES (v_result.package_id, p_organization_id, v_customer.client_id, v_customer.customer_id, v_name, p_classes_total, p_expires_at);
    PERFORM _audit('create_package', 'package', v_result.package_id, jsonb_build_object(
        'organization_id', p_organization_id, 'classes', p_classes_total));

    v_result.success := true;
    RETURN _finish_command('create_package', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION create_package FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_package TO authenticated, service_role;
COMMENT ON FUNCTION create_package IS
'Staff give a client or a lead a package of classes. For staff and the service.
p_organization_id: uuid. p_customer_id: uuid of the client or lead. p_customer_type: one of client, lead. p_name: text. p_classes_total: integer above 0. p_expires_at: instant; classes that start at or after it are not covered; NULL: no end. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, package_id}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, inactive (customer_id), idempotency_conflict.
Rule: contract, section 8.';
