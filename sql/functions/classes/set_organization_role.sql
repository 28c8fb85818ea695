-- An owner or admin says what somebody is in an organization; owners are made and unmade by owners. Lock: the organization.
DROP TYPE IF EXISTS set_organization_role_result;
CREATE TYPE set_organization_role_result AS (
    success         boolean,
    organization_id uuid,
    user_id         uuid,
    role            text
);
CREATE OR REPLACE FUNCTION set_organization_role(
    p_organization_id uuid, p_user_id uuid, p_role text, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object(
        'p_organization_id', p_organization_id,
        'p_user_id', p_user_id,
        'p_role', left(p_role, 10001));
    v_replay    json;
    v_result    set_organization_role_result;
    v_role      text;
BEGIN
    v_replay := _begin_command('set_organization_role', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_staff(p_organization_id);
    PERFORM _require_value('p_user_id', p_user_id);
    IF p_role IS NULL OR p_role NOT IN ('owner', 'admin', 'staff', 'member') THEN
        PERFORM _fail('invalid_input', 'p_role is not owner, admin, staff or member', '{"parameter": "p_role"}');
    END IF;
    PERFORM _lock_organization(p_organization_id);
    SELECT u.role INTO v_role FROM user_organizations u WHERE u.organization_id = p_organization_id AND u.user_id = p_user_id;
    PERFORM _require_organization_admin(p_organization_id, 'owner' IN (p_role, coalesce(v_role, 'none')));
    PERFORM _require_active_person(p_user_id);
    IF v_role = 'owner' AND p_role <> 'owner' THEN
        PERFORM _check_owner_remains(p_organization_id, p_user_id);
    END IF;

    IF v_role IS DISTINCT FROM p_role THEN
        INSERT INTO user_organizations (user_id, organization_id, role) VALUES (p_user_id, p_organization_id, p_role)
        ON CONFLICT (user_id, organization_id) DO UPDATE SET role = p_role;
        PERFORM _audit('set_organization_role', 'organization', p_organization_id, jsonb_build_object('user_id', p_user_id, 'role', p_role));
    END IF;
    v_result.organization_id := p_organization_id;
    v_result.user_id := p_user_id;
    v_result.role := p_role;

    v_result.success := true;
    RETURN _finish_command('set_organization_role', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION set_organization_role FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION set_organization_role TO authenticated, service_role;
COMMENT ON FUNCTION set_organization_role IS
'An owner or admin of an organization gives somebody a role in it; only an owner makes or unmakes owners, and the last one stays. Again changes nothing. For them and the service.
p_organization_id: uuid. p_user_id: uuid of an active person. p_role: one of owner, admin, staff, member. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, organization_id, user_id, role (user_organizations.role)}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, inactive (user_id), invalid_state (status, the last owner), idempotency_conflict.
Rule: contract, section 8.';
