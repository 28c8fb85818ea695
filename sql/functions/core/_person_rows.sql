-- erase_person: the ids of the rows by which the modules know a person, to be locked before they are erased.
CREATE OR REPLACE FUNCTION _person_rows(p_user_id uuid, p_emails text[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_rows     uuid[] := ARRAY[]::uuid[];
    v_function text;
    v_found    uuid[];
BEGIN
    FOREACH v_function IN ARRAY _module_functions('person_rows') LOOP
        EXECUTE format('SELECT %I($1, $2)', v_function) INTO v_found USING p_user_id, p_emails;
        v_rows := v_rows || v_found;
    END LOOP;
    RETURN v_rows;
END
$$;
REVOKE ALL ON FUNCTION _person_rows FROM PUBLIC, anon, authenticated, service_role;
