-- Staff say on which day a membership ends, or end it at once. What was booked with it stays. Lock: the membership.
DROP TYPE IF EXISTS end_membership_result;
CREATE TYPE end_membership_result AS (
    success       boolean,
    membership_id uuid,
    status        text,
    ends_on       date
);
CREATE OR REPLACE FUNCTION end_membership(
    p_membership_id uuid, p_ends_on date DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments  jsonb := jsonb_build_object('p_membership_id', p_membership_id, 'p_ends_on', p_ends_on);
    v_replay     json;
    v_result     end_membership_result;
    v_membership memberships;
BEGIN
    v_replay := _begin_command('end_membership', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_value('p_membership_id', p_membership_id);
    SELECT * INTO v_membership FROM memberships m WHERE m.id = p_membership_id;
    IF NOT FOUND OR NOT _is_staff(v_membership.organization_id) THEN
        PERFORM _fail('not_found', 'No such membership', jsonb_build_object('entity', 'membership', 'id', p_membership_id));
    END IF;
    SELECT * INTO STRICT v_membership FROM memberships m WHERE m.id = p_membership_id FOR NO KEY UPDATE;
    IF v_membership.status <> 'active' THEN
        PERFORM _fail('invalid_state', format('This membership is %s', v_membership.status),
                      jsonb_build_object('status', v_membership.status));
    END IF;
    PERFORM _check_last_day(v_membership.starts_on, p_ends_on);

    v_result.status := CASE WHEN p_ends_on IS NULL THEN 'cancelled' ELSE 'active' END;
    v_result.ends_on := p_ends_on;
    UPDATE memberships m SET ends_on = p_ends_on, status = v_result.status
    WHERE m.id = p_membership_id AND (m.ends_on, m.status) IS DISTINCT FROM (p_ends_on, v_result.status);
    IF FOUND THEN
        PERFORM _audit('end_membership', 'membership', p_membership_id, jsonb_build_object('organization_id', v_membership.organization_id));
    END IF;

    v_result.membership_id := p_membership_id;

    v_result.success := true;
    RETURN _finish_command('end_membership', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION end_membership FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION end_membership TO authenticated, service_role;
COMMENT ON FUNCTION end_membership IS
'Staff say on which day a membership ends, also later than before, or cancel it at once; bookings made with it stay. For staff and the service.
p_membership_id: uuid of an active membership. p_ends_on: date, its last day; left out: it is cancelled. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, membership_id, status (memberships.status), ends_on (NULL when it is cancelled)}.
Raises: invalid_input, not_authenticated, not_found (also another organization''s), invalid_state (status), idempotency_conflict.
Rule: contract, section 8.';
