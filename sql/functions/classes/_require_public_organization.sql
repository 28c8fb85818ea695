-- An organization whose classes anybody may see and book. Error: not_found (also where it does not say so).
CREATE OR REPLACE FUNCTION _require_public_organization(p_organization_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM organizations o WHERE o.id = p_organization_id AND o.public_booking;
    IF NOT FOUND THEN
        PERFORM _fail('not_found', 'No such organization', jsonb_build_object('entity', 'organization', 'id', p_organization_id));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_public_organization FROM PUBLIC, anon, authenticated, service_role;
