-- Lock (2), people: two profiles in ascending id order. Error: not_found (no such person).
CREATE OR REPLACE FUNCTION _lock_people(p_one uuid, p_other uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_found integer;
BEGIN
    PERFORM FROM profiles p WHERE p.user_id IN (p_one, p_other) ORDER BY p.user_id FOR NO KEY UPDATE;
    GET DIAGNOSTICS v_found = ROW_COUNT;
    IF v_found < 2 THEN
        PERFORM _require_person(p_one);
        PERFORM _require_person(p_other);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _lock_people FROM PUBLIC, anon, authenticated, service_role;
