-- erase_person, locks: guest spots (1), then employees (2), each in ascending id order.
CREATE OR REPLACE FUNCTION _gusmester_lock_person(p_rows uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM guest_spots g WHERE g.id = ANY (p_rows) ORDER BY g.id FOR NO KEY UPDATE;
    PERFORM FROM employees e WHERE e.id = ANY (p_rows) ORDER BY e.id FOR NO KEY UPDATE;
END
$$;
REVOKE ALL ON FUNCTION _gusmester_lock_person FROM PUBLIC, anon, authenticated, service_role;
