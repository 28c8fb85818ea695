-- A practitioner who may be booked. Errors: not_found, not_a_practitioner, inactive (each with user_id or id).
CREATE OR REPLACE FUNCTION _require_practitioner(p_user_id uuid) RETURNS practitioners
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_practitioner practitioners;
BEGIN
    SELECT p.* INTO v_practitioner
    FROM practitioners p
    JOIN profiles a ON a.user_id = p.user_id
    WHERE p.user_id = p_user_id AND a.user_id = p_user_id AND p.is_active AND a.is_active AND a.deleted_at IS NULL;
    IF NOT FOUND THEN
        PERFORM _refuse_practitioner(p_user_id);
    END IF;
    RETURN v_practitioner;
END
$$;
REVOKE ALL ON FUNCTION _require_practitioner FROM PUBLIC, anon, authenticated, service_role;
