-- Staff change how many classes a package has or when it ends. Lock: the package.
DROP TYPE IF EXISTS update_package_result;
CREATE TYPE update_package_result AS (
    success       boolean,
    package_id    uuid,
    classes_total integer,
    classes_used  integer,
    expires_at    timestamptz
);
CREATE OR REPLACE FUNCTION update_package(
    p_package_id uuid, p_classes_total int DEFAULT NULL, p_expires_at timestamptz DEFAULT NULL,
    p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object(
        'p_package_id', p_package_id,
        'p_classes_total', p_classes_total,
        'p_expires_at', p_expires_at);
    v_replay    json;
    v_result    update_package_result;
    v_package   packages;
    v_changed   packages;
BEGIN
    v_replay := _begin_command('update_package', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_value('p_package_id', p_package_id);
    SELECT * INTO v_package FROM packages k WHERE k.id = p_package_id;
    IF NOT FOUND OR NOT _is_staff(v_package.organization_id) THEN
        PERFORM _fail('not_found', 'No such package', jsonb_build_object('entity', 'package', 'id', p_package_id));
    END IF;
    SELECT * INTO STRICT v_package FROM packages k WHERE k.id = p_package_id FOR NO KEY UPDATE;
    IF p_classes_total < greatest(v_package.classes_used, 1) THEN
        PERFORM _fail('invalid_input', 'p_classes_total is less than what was used, or than 1',
                      jsonb_build_object('parameter', 'p_classes_total', 'classes_used', v_package.classes_used));
    END IF;
    IF p_expires_at IS NOT NULL THEN
        PERFORM _require_instant('p_expires_at', p_expires_at);
    END IF;

    UPDATE packages k
    SET classes_total = coalesce(p_classes_total, k.classes_total), expires_at = coalesce(p_expires_at, k.expires_at)
    WHERE k.id = p_package_id
      AND (k.classes_total, k.expires_at) IS DISTINCT FROM (coalesce(p_classes_total, k.classes_total), coalesce(p_expires_at, k.expires_at))
    RETURNING * INTO v_changed;
    IF FOUND THEN
        v_package := v_changed;
        PERFORM _audit('update_package', 'package', p_package_id, jsonb_build_object(
            'organization_id', v_package.organization_id, 'classes', v_package.classes_total));
    END IF;

    v_result.package_id := p_package_id;
    v_result.classes_total := v_package.classes_total;
    v_result.classes_used := v_package.classes_used;
    v_result.expires_at := v_package.expires_at;

    v_result.success := true;
    RETURN _finish_command('update_package', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION update_package FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION update_package TO authenticated, service_role;
COMMENT ON FUNCTION update_package IS
'Staff change how many classes a package has, or until when it is valid; what is left out stays, again changes nothing. For staff and the service.
p_package_id: uuid. p_classes_total: integer, not less than what was used. p_expires_at: instant. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, package_id, classes_total, classes_used, expires_at (NULL: no end)}.
Raises: invalid_input, not_authenticated, not_found (also another organization''s), idempotency_conflict.
Rule: contract, section 8.';
