-- A client books a class, or staff book it for a client or lead: the place and what pays for it at once or not at all.
-- Locks: the class, the customer, their memberships or packages.
DROP TYPE IF EXISTS create_class_booking_result;
CREATE TYPE create_class_booking_result AS (
    success        boolean,
    booking_id     uuid,
    payment_method text,
    payment_status text,
    spots_left     integer
);
CREATE OR REPLACE FUNCTION create_class_booking(
    p_organization_id uuid, p_class_session_id uuid, p_customer_id uuid, p_customer_type text,
    p_payment_method text DEFAULT NULL, p_payment_id uuid DEFAULT NULL, p_idempotency_key text DEFAULT NULL
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
        'p_customer_id', p_customer_id,
        'p_customer_type', left(p_customer_type, 10001),
        'p_payment_method', left(p_payment_method, 10001),
        'p_payment_id', p_payment_id);
    v_replay    json;
    v_result    create_class_booking_result;
    v_is_staff  boolean;
    v_customer  class_customer;
    v_class     class_sessions;
    v_payment   class_payment;
    v_booking   bookings;
BEGIN
    v_replay := _begin_command('create_class_booking', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_is_staff := _is_staff(p_organization_id);
    v_customer := _acting_customer(p_organization_id, p_customer_id, p_customer_type, v_is_staff);
    IF p_payment_method IS NOT NULL OR p_payment_id IS NOT NULL THEN
        PERFORM _check_payment_method(p_payment_method, p_payment_id, v_customer.person_id, v_is_staff);
    END IF;
    v_class := _require_class(p_class_session_id, p_organization_id);
    -- Latecomers are refused without waiting; who comes in time is asked once, under the lock.
    IF v_class.taken >= v_class.capacity THEN
        PERFORM _check_class_has_place(v_class, v_customer, v_is_staff);
    END IF;

    v_class := _lock_class(v_class.id);
    v_customer := _lock_customer(v_customer);
    PERFORM _check_class_has_place(v_class, v_customer, v_is_staff);
    v_payment := _class_payment(v_class, v_customer.person_id, p_payment_method, p_payment_id);
    IF v_payment.method IS NULL THEN
        PERFORM _refuse_class_payment(v_payment);
    END IF;

    v_booking := _write_class_booking(
        v_class, v_customer, v_payment, CASE WHEN caller_id() IS NULL THEN 'service' WHEN v_is_staff THEN 'staff' ELSE 'customer' END,
        'class_booking_confirmation');
    PERFORM _audit('create_class_booking', 'class_booking', v_booking.id, jsonb_build_object(
        'organization_id', p_organization_id, 'class_session_id', v_class.id, 'payment_method', v_payment.method));

    v_result.booking_id := v_booking.id;
    v_result.payment_method := v_booking.payment_method;
    v_result.payment_status := v_booking.payment_status;
    v_result.spots_left := v_class.capacity - v_class.taken - 1;

    v_result.success := true;
    RETURN _finish_command('create_class_booking', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION create_class_booking FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_class_booking TO authenticated, service_role;
COMMENT ON FUNCTION create_class_booking IS
'A client books a class; staff and the service book it for a client or a lead. The place and the use of a membership or package are taken at once or not at all; the customer is notified.
p_organization_id: uuid. p_class_session_id: uuid of a scheduled class of it. p_customer_id: uuid of the client or lead. p_customer_type: one of client, lead. p_payment_method: one of membership, package, free, card (paid later), cash (staff alone); default the first of membership, package and free that covers it. p_payment_id: uuid of the membership or package. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, booking_id, payment_method (bookings.payment_method), payment_status (bookings.payment_status), spots_left}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, inactive (customer_id), invalid_state (status), in_the_past, too_late (deadline), already_booked, class_full (capacity), limit_reached (limit, period_end), payment_required, idempotency_conflict.
Rule: contract, section 8.';
