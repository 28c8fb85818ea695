-- Whether a person may have one more live hold; the person is locked by the caller. Error: limit_reached (limit).
CREATE OR REPLACE FUNCTION _check_holds_of_person(p_holder_id uuid, p_most integer) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF (SELECT count(*) FROM slot_holds h WHERE h.holder_id = p_holder_id AND h.status = 'live' AND h.expires_at > now()) >= p_most THEN
        PERFORM _fail('limit_reached', format('Nobody holds more than %s slots at a time', p_most), jsonb_build_object('limit', p_most),
                      'Book or release one first.');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_holds_of_person FROM PUBLIC, anon, authenticated, service_role;
