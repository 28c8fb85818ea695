-- For whom a call acts or reads: an end user for themself, the service for whom it names.
-- Errors: not_authenticated, not_allowed (somebody else), invalid_input (the service names nobody).
CREATE OR REPLACE FUNCTION _acting_person(p_parameter text, p_user_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_caller_id uuid := caller_id();
BEGIN
    IF v_caller_id IS NULL THEN
        PERFORM _require_caller();
        PERFORM _require_value(p_parameter, p_user_id);
        RETURN p_user_id;
    END IF;
    IF p_user_id <> v_caller_id THEN
        PERFORM _fail('not_allowed', 'You may act for yourself only');
    END IF;
    RETURN v_caller_id;
END
$$;
REVOKE ALL ON FUNCTION _acting_person FROM PUBLIC, anon, authenticated, service_role;
