-- erase_person, locks (1): sessions in ascending id order.
CREATE OR REPLACE FUNCTION _calendar_lock_person(p_rows uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM client_sessions s WHERE s.id = ANY (p_rows) ORDER BY s.id FOR NO KEY UPDATE;
END
$$;
REVOKE ALL ON FUNCTION _calendar_lock_person FROM PUBLIC, anon, authenticated, service_role;
