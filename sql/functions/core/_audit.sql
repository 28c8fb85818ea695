-- One row per command that changed something (I10). Details hold ids, amounts and times, never what identifies a person.
CREATE OR REPLACE FUNCTION _audit(p_action text, p_entity text, p_entity_id uuid, p_details jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO audit_log (actor_id, action, entity, entity_id, details)
    VALUES (caller_id(), p_action, p_entity, p_entity_id::text, p_details);
END
$$;
REVOKE ALL ON FUNCTION _audit FROM PUBLIC, anon, authenticated, service_role;
