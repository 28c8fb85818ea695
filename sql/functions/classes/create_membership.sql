-- Staff give a client or lead a membership. Lock: the customer.
DROP TYPE IF EXISTS create_membership_result;
CREATE TYPE create_membership_result AS (
    success       boolean,
    membership_id uuid
);
CREATE OR REPLACE FUNCTION create_membership(
    p_organization_id uuid, p_customer_id uuid, p_customer_type text, p_name text, p_class_limit int DEFAULT NULL,
    p_period text DEFAULT 'month', p_starts_on date DEFAULT NULL, p_ends_on date DEFAULT NULL,
    p_idempotency_key text DEFAULT NULL
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
        'p_class_limit', p_class_limit,
        'p_period', left(p_period, 10001),
        'p_starts_on', p_starts_on,
        'p_ends_on', p_ends_on);
    v_replay    json;
    v_result    create_membership_result;
    v_customer  class_customer;
    v_name      text;
    v_starts_on date;
BEGIN
    v_replay := _begin_command('create_membership', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_customer := _customer_of_staff(p_organization_id, p_customer_id, p_customer_type);
    v_name := _require_text('p_name', p_name);
    IF p_class_limit IS NOT NULL THEN
        PERFORM _require_positive('p_class_limit', p_class_limit);
    END IF;
    IF p_period IS NULL OR p_period NOT IN ('week', 'month') THEN
        PERFORM _fail('invalid_input', 'p_period is not week or month', '{"parameter": "p_period"}');
    END IF;
    v_starts_on := coalesce(p_starts_on, (now() AT TIME ZONE (SELECT o.timezone FROM organizations o WHERE o.id = p_organization_id))::date);
    PERFORM _require_date('p_starts_on', v_starts_on);
    PERFORM _check_last_day(v_starts_on, p_ends_on);

    v_result.membership_id := _new_id();
    INSERT INTO memberships (id, organization_id, client_id, lead_id, name, class_limit, period, starts_on, ends_on)
    VALUES (v_result.membership_id, p_organization_id, v_customer.client_id, v_customer.customer_id, v_name, p_class_limit, p_period,
            v_starts_on, p_ends_on);
    PERFORM _audit('create_membership', 'membership', v_result.membership_id, jsonb_build_object('organization_id', p_organization_id));

    v_result.success := true;
    RETURN _finish_command('create_membership', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION create_membership FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_membership TO authenticated, service_role;
COMMENT ON FUNCTION create_membership IS
'Staff give a client or a lead a membership: so many classes a week or month. For staff and the service.
p_organization_id: uuid. p_customer_id: uuid of the client or lead. p_customer_type: one of client, lead. p_name: text. p_class_limit: integer above 0, classes a period; NULL: as many as they like. p_period: one of week (ISO), month; in the organization''s time zone. p_starts_on: date, default today. p_ends_on: date, its last day; NULL: no end. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, membership_id}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, inactive (customer_id), idempotency_conflict.
Rule: contract, section 8.';
