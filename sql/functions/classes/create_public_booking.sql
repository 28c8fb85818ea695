-- Anybody books a class by the widget of an organization that allows it; nothing in the answer tells whether the person was known or had booked.
-- The class decides before the person is looked for. Locks: the class, rate limits, the customer.
DROP TYPE IF EXISTS create_public_booking_result;
CREATE TYPE create_public_booking_result AS (
    success        boolean,
    receipt        text,
    payment_status text
);
CREATE OR REPLACE FUNCTION create_public_booking(
    p_organization_id uuid, p_class_session_id uuid, p_name text, p_email text, p_phone text DEFAULT NULL,
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
        'p_class_session_id', p_class_session_id,
        'p_name', left(p_name, 10001),
        'p_email', left(p_email, 10001),
        'p_phone', left(p_phone, 10001));
    v_replay    json;
    v_result    create_public_booking_result;
    v_name      text;
    v_email     text;
    v_phone     text;
    v_address   text;
    v_class     class_sessions;
    v_customer  class_customer;
    v_payment   class_payment;
    v_booking   bookings;
BEGIN
    v_replay := _begin_command('create_public_booking', p_idempotency_key, v_arguments, true);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_value('p_organization_id', p_organization_id);
    v_name := _require_text('p_name', p_name);
    v_email := _require_email('p_email', p_email);
    v_phone := _optional_text('p_phone', p_phone);
    PERFORM _require_public_organization(p_organization_id);
    v_class := _require_class(p_class_session_id, p_organization_id);
    -- Latecomers are refused without waiting.
    IF v_class.taken >= v_class.capacity THEN
        PERFORM _check_class_open(v_class, false);
        PERFORM _check_class_not_full(v_class);
    END IF;

    v_class := _lock_class(v_class.id);
    PERFORM _check_class_open(v_class, false);
    PERFORM _check_class_not_full(v_class);
    v_address := _network_address();
    PERFORM _check_widget_rate(v_address, p_organization_id, lower(v_email));
    -- Who was erased before the lock was there is somebody else by now.
    LOOP
        v_customer := _lock_customer(_widget_customer(p_organization_id, v_name, v_email, v_phone));
        EXIT WHEN lower(v_customer.email) = lower(v_email);
    END LOOP;
    IF NOT _holds_place(v_class.id, v_customer.person_id) THEN
        v_booking := _write_class_booking(v_class, v_customer, v_payment, 'widget', 'class_booking_confirmation', v_address);
        PERFORM _audit('create_public_booking', 'class_booking', v_booking.id, jsonb_build_object(
            'organization_id', p_organization_id, 'class_session_id', v_class.id));
    END IF;

    v_result.receipt := _widget_receipt(v_class.id, v_email);
    v_result.payment_status := 'pending';

    v_result.success := true;
    RETURN _finish_command('create_public_booking', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION create_public_booking FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_public_booking TO anon, authenticated, service_role;
COMMENT ON FUNCTION create_public_booking IS
'Anybody books a class of an organization with public_booking; memberships and packages are never spent. A repeat answers like the first booking and changes nothing. Public.
p_organization_id: uuid. p_class_session_id: uuid of a scheduled class of it. p_name: text. p_email: an e-mail address, where the confirmation goes. p_phone: text, may be left out. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, receipt, payment_status}; payment_status is always pending.
Raises: invalid_input, not_found, invalid_state (status), in_the_past, too_late (deadline), class_full (capacity), rate_limited (limit), idempotency_conflict.
Rule: contract, section 8.';
