-- A client waits for a place in a full class, or staff put a client or lead on its waitlist. Locks: the class, the customer.
DROP TYPE IF EXISTS join_class_waitlist_result;
CREATE TYPE join_class_waitlist_result AS (
    success     boolean,
    waitlist_id uuid,
    position    integer
);
CREATE OR REPLACE FUNCTION join_class_waitlist(
    p_organization_id uuid, p_class_session_id uuid, p_customer_id uuid, p_customer_type text,
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
        'p_customer_id', p_customer_id,
        'p_customer_type', left(p_customer_type, 10001));
    v_replay    json;
    v_result    join_class_waitlist_result;
    v_is_staff  boolean;
    v_customer  class_customer;
    v_class     class_sessions;
    v_waiting   class_waitlist;
BEGIN
    v_replay := _begin_command('join_class_waitlist', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_is_staff := _is_staff(p_organization_id);
    v_customer := _acting_customer(p_organization_id, p_customer_id, p_customer_type, v_is_staff);
    v_class := _require_class(p_class_session_id, p_organization_id);

    v_class := _lock_class(v_class.id);
    v_customer := _lock_customer(v_customer);
    PERFORM _check_customer_active(v_customer);
    PERFORM _check_class_open(v_class, v_is_staff);
    PERFORM _check_not_in_line(v_class.id, v_customer.person_id);
    IF v_class.taken < v_class.capacity THEN
        PERFORM _fail('invalid_state', 'This class has places left',
                      jsonb_build_object('status', v_class.status, 'spots_left', v_class.capacity - v_class.taken), 'Book it.');
    END IF;

    INSERT INTO class_waitlist (id, organization_id, class_session_id, customer_id, client_id)
    VALUES (_new_id(), p_organization_id, v_class.id, v_customer.customer_id, v_customer.client_id)
    RETURNING * INTO STRICT v_waiting;
    PERFORM _audit('join_class_waitlist', 'class_waitlist', v_waiting.id, jsonb_build_object(
        'organization_id', p_organization_id, 'class_session_id', v_class.id));

    v_result.waitlist_id := v_waiting.id;
    v_result.position := (
        SELECT count(*) FROM class_waitlist w
        WHERE w.class_session_id = v_class.id AND w.status = 'waiting' AND w.place <= v_waiting.place);

    v_result.success := true;
    RETURN _finish_command('join_class_waitlist', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION join_class_waitlist FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION join_class_waitlist TO authenticated, service_role;
COMMENT ON FUNCTION join_class_waitlist IS
'A client waits for a place in a full class; staff and the service put a client or a lead in line. Whoever is first and covered by a membership, a package or a free class gets the place that is given back, and is notified.
p_organization_id: uuid. p_class_session_id: uuid of a scheduled class of it. p_customer_id: uuid of the client or lead. p_customer_type: one of client, lead. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, waitlist_id, position}; position counts from 1.
Raises: invalid_input, not_authenticated, not_allowed, not_found, inactive (customer_id), invalid_state (status, also where places are left), in_the_past, too_late (deadline), already_booked, idempotency_conflict.
Rule: contract, section 8.';
