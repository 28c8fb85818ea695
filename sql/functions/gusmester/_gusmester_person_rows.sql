-- erase_person: the guest spots this person is a guest of, and their employee rows.
CREATE OR REPLACE FUNCTION _gusmester_person_rows(p_user_id uuid, p_emails text[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN ARRAY(
        SELECT g.id FROM guest_spots g WHERE lower(g.guest_email) = ANY (p_emails)
        UNION ALL
        SELECT e.id FROM employees e WHERE e.user_id = p_user_id OR (e.user_id IS NULL AND lower(e.email) = ANY (p_emails)));
END
$$;
REVOKE ALL ON FUNCTION _gusmester_person_rows FROM PUBLIC, anon, authenticated, service_role;
