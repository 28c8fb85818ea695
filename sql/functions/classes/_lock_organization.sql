-- Lock (1), before all others: the organization, for commands that may change several customers' uses.
CREATE OR REPLACE FUNCTION _lock_organization(p_organization_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM organizations o WHERE o.id = p_organization_id FOR NO KEY UPDATE;
END
$$;
REVOKE ALL ON FUNCTION _lock_organization FROM PUBLIC, anon, authenticated, service_role;
