-- erase_person: the addresses a person is known by, in lower case: the profile's and each module's.
CREATE OR REPLACE FUNCTION _person_emails(p_user_id uuid) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_emails   text[] := ARRAY(SELECT lower(btrim(p.email)) FROM profiles p WHERE p.user_id = p_user_id AND p.email IS NOT NULL);
    v_function text;
    v_found    text[];
BEGIN
    FOREACH v_function IN ARRAY _module_functions('person_emails') LOOP
        EXECUTE format('SELECT %I($1)', v_function) INTO v_found USING p_user_id;
        v_emails := v_emails || v_found;
    END LOOP;
    RETURN v_emails;
END
$$;
REVOKE ALL ON FUNCTION _person_emails FROM PUBLIC, anon, authenticated, service_role;
