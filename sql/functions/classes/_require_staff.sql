-- For what an organization's staff may do. Errors: invalid_input, not_authenticated, not_found (for the service), not_allowed (for users, whether it exists or not).
CREATE OR REPLACE FUNCTION _require_staff(p_organization_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _require_caller();
    PERFORM _require_value('p_organization_id', p_organization_id);
    IF NOT _is_staff(p_organization_id) THEN
        PERFORM _fail('not_allowed', 'Only staff of this organization may do this');
    END IF;
    PERFORM FROM organizations o WHERE o.id = p_organization_id;
    IF NOT FOUND THEN
        PERFORM _fail('not_found', 'No such organization', jsonb_build_object('entity', 'organization', 'id', p_organization_id));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_staff FROM PUBLIC, anon, authenticated, service_role;
