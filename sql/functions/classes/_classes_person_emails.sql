-- erase_person: the addresses a person is known by in the organizations, in lower case.
CREATE OR REPLACE FUNCTION _classes_person_emails(p_user_id uuid) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN ARRAY(
        SELECT lower(c.email) FROM clients c WHERE c.user_id = p_user_id
        UNION
        SELECT lower(l.email) FROM leads l WHERE l.id = ANY (ARRAY(SELECT c.lead_id FROM clients c WHERE c.user_id = p_user_id)));
END
$$;
REVOKE ALL ON FUNCTION _classes_person_emails FROM PUBLIC, anon, authenticated, service_role;
