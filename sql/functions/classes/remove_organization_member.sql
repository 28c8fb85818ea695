-- An owner or admin takes somebody's role in an organization away. Lock: the organization.
DROP TYPE IF EXISTS remove_organization_member_result;
CREATE TYPE remove_organization_member_result AS (
    success         boolean,
    organization_id uuid,
    user_id         uuid
);
CREATE OR REPLACE FUNCTION remove_organization_member(
    p_organization_id uuid, p_user_id uuid, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_organization_id', p_organization_id, 'p_user_id', p_user_id);
    v_replay    json;
    v_result    remove_organization_member_result;
    v_role      text;
BEGIN
    v_replay := _begin_command('remove_organization_member', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_staff(p_organization_id);
    PERFORM _require_value('p_user_id', p_user_id);
    PERFORM _lock_organization(p_organization_id);
    SELECT u.role INTO v_role FROM user_organizations u WHERE u.organization_id = p_organization_id AND u.user_id = p_user_id;
    PERFORM _require_organization_admin(p_organization_id, coalesce(v_role = 'owner', false));
    IF v_role IS NULL THEN
        PERFORM _fail('not_found', 'This person has no role here', jsonb_build_object('entity', 'user_organization', 'id', p_user_id));
    END IF;
    IF v_role = 'owner' THEN
        PERFORM _check_owner_remains(p_organization_id, p_user_id);
    END IF;

    DELETE FROM user_organizations u WHERE u.organization_id = p_organization_id AND u.user_id = p_user_id;
    PERFORM _audit('remove_organization_member', 'organization', p_organization_id, jsonb_build_object('user_id', p_user_id));
    v_result.organization_id := p_organization_id;
    v_result.user_id := p_user_id;

    v_result.success := true;
    RETURN _finish_command('remove_organization_member', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION remove_organization_member FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION remove_organization_member TO authenticated, service_role;
COMMENT ON FUNCTION remove_organization_member IS
'An owner or admin of an organization takes somebody''s role in it away; only an owner removes an owner, and the last one stays. For them and the service.
p_organization_id: uuid. p_user_id: uuid. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, organization_id, user_id}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, invalid_state (status, the last owner), idempotency_conflict.
Rule: contract, section 8.';
