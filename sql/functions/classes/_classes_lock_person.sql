-- erase_person, locks: organizations, bookings (1), then leads and clients (2), each in ascending id order. Places in line come after
-- people, as for a booking, which takes its customer out of the line.
CREATE OR REPLACE FUNCTION _classes_lock_person(p_rows uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM organizations o WHERE o.id = ANY (p_rows) ORDER BY o.id FOR NO KEY UPDATE;
    PERFORM FROM bookings b WHERE b.id = ANY (p_rows) ORDER BY b.id FOR NO KEY UPDATE;
    PERFORM FROM leads l WHERE l.id = ANY (p_rows) ORDER BY l.id FOR NO KEY UPDATE;
    PERFORM FROM clients c WHERE c.id = ANY (p_rows) ORDER BY c.id FOR NO KEY UPDATE;
END
$$;
REVOKE ALL ON FUNCTION _classes_lock_person FROM PUBLIC, anon, authenticated, service_role;
