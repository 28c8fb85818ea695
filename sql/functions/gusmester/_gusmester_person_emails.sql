-- erase_person: the addresses a person is known by in the club, in lower case.
CREATE OR REPLACE FUNCTION _gusmester_person_emails(p_user_id uuid) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN ARRAY(SELECT lower(e.email) FROM employees e WHERE e.user_id = p_user_id);
END
$$;
REVOKE ALL ON FUNCTION _gusmester_person_emails FROM PUBLIC, anon, authenticated, service_role;
