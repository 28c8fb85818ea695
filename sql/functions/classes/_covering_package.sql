-- The first package of a person with a class left that is valid at the class's start; the one that ends first comes first.
-- Lock (3): the person's packages in ascending id order, as with memberships.
CREATE OR REPLACE FUNCTION _covering_package(p_class class_sessions, p_person_id uuid, p_package_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_id uuid;
BEGIN
    -- By the id's text: planned for while the table is empty, the primary key's order would read all of it.
    PERFORM FROM packages k WHERE k.person_id = p_person_id ORDER BY k.id::text COLLATE "C" FOR NO KEY UPDATE;
    IF FOUND THEN
        SELECT k.id INTO v_id FROM packages k
        WHERE k.person_id = p_person_id AND k.classes_used < k.classes_total AND coalesce(k.expires_at > p_class.starts_at, true)
          AND coalesce(k.id = p_package_id, true)
        ORDER BY k.expires_at, k.id LIMIT 1;
    END IF;
    RETURN v_id;
END
$$;
REVOKE ALL ON FUNCTION _covering_package FROM PUBLIC, anon, authenticated, service_role;
