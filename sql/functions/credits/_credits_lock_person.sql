-- erase_person, lock (1): subscriptions in ascending id order; who holds one has its events, which a checkout settles, to themselves.
CREATE OR REPLACE FUNCTION _credits_lock_person(p_rows uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM subscriptions s WHERE s.id = ANY (p_rows) ORDER BY s.id FOR NO KEY UPDATE;
END
$$;
REVOKE ALL ON FUNCTION _credits_lock_person FROM PUBLIC, anon, authenticated, service_role;
