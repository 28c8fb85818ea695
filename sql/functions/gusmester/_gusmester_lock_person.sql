-- erase_person, locks: the spots this person is a guest of (1), then their employee rows (2), each in ascending id order.
CREATE OR REPLACE FUNCTION _gusmester_lock_person(p_user_id uuid, p_emails text[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM guest_spots g WHERE lower(g.guest_email) = ANY (p_emails) ORDER BY g.id FOR NO KEY UPDATE;
    PERFORM FROM employees e
    WHERE e.user_id = p_user_id OR (e.user_id IS NULL AND lower(e.email) = ANY (p_emails))
    ORDER BY e.id FOR NO KEY UPDATE;
END
$$;
REVOKE ALL ON FUNCTION _gusmester_lock_person FROM PUBLIC, anon, authenticated, service_role;
