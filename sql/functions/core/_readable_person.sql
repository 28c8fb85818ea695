-- Whose rows a caller may read: an end user their own, the service whose it names.
-- Errors: not_authenticated, not_allowed, invalid_input (the service names nobody).
CREATE OR REPLACE FUNCTION _readable_person(p_user_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _require_caller();
    IF caller_id() IS NULL THEN
        PERFORM _require_value('p_user_id', p_user_id);
    ELSIF p_user_id <> caller_id() THEN
        PERFORM _fail('not_allowed', 'You may read your own only');
    END IF;
    RETURN coalesce(p_user_id, caller_id());
END
$$;
REVOKE ALL ON FUNCTION _readable_person FROM PUBLIC, anon, authenticated, service_role;
