-- erase_person, locks: what each module holds of a person, things before people.
CREATE OR REPLACE FUNCTION _lock_person(p_rows uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_function text;
BEGIN
    FOREACH v_function IN ARRAY _module_functions('lock_person') LOOP
        EXECUTE format('SELECT %I($1)', v_function) USING p_rows;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION _lock_person FROM PUBLIC, anon, authenticated, service_role;
