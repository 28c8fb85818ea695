-- erase_person: who a user or their e-mail addresses are in the organizations; somebody else's login is somebody else, whatever the address.
CREATE OR REPLACE FUNCTION _classes_persons(p_user_id uuid, p_emails text[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN ARRAY(
        SELECT c.person_id FROM clients c WHERE c.user_id = p_user_id
        UNION
        SELECT c.person_id FROM clients c WHERE c.user_id IS NULL AND lower(c.email) = ANY (p_emails)
        UNION
        SELECT l.person_id FROM leads l
        WHERE lower(l.email) = ANY (p_emails)
          -- Counted, not NOT EXISTS: joined while the tables are empty, all of both would be read ever after.
          AND (SELECT count(*) FROM clients c WHERE c.person_id = l.person_id AND c.user_id <> p_user_id) = 0);
END
$$;
REVOKE ALL ON FUNCTION _classes_persons FROM PUBLIC, anon, authenticated, service_role;
