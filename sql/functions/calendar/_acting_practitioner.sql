-- Whose calendar a call changes: an end user their own, the service that of whom it names. Locks (2) the person, as whoever takes their time.
-- Errors: not_authenticated, not_allowed (no practitioner, or somebody else), invalid_input, not_found, not_a_practitioner (for the service).
CREATE OR REPLACE FUNCTION _acting_practitioner(p_practitioner_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_practitioner_id uuid := _acting_person('p_practitioner_id', p_practitioner_id);
BEGIN
    IF NOT EXISTS (SELECT FROM practitioners p WHERE p.user_id = v_practitioner_id) THEN
        IF caller_id() IS NOT NULL THEN
            PERFORM _fail('not_allowed', 'Only practitioners have a calendar');
        END IF;
        PERFORM _require_person(v_practitioner_id);
        PERFORM _fail('not_a_practitioner', 'This person is not a practitioner', jsonb_build_object('user_id', v_practitioner_id));
    END IF;
    PERFORM FROM profiles p WHERE p.user_id = v_practitioner_id FOR NO KEY UPDATE;
    RETURN v_practitioner_id;
END
$$;
REVOKE ALL ON FUNCTION _acting_practitioner FROM PUBLIC, anon, authenticated, service_role;
