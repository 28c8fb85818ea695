-- erase_person: the bookings, leads and clients that are this person's, and the organizations they are or work in.
CREATE OR REPLACE FUNCTION _classes_person_rows(p_user_id uuid, p_emails text[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_persons uuid[] := _classes_persons(p_user_id, p_emails);
BEGIN
    RETURN ARRAY(
        SELECT b.id FROM bookings b
        WHERE b.person_id = ANY (v_persons)
          -- Whoever promotes or cancels queues notifications, which are erased with the person.
          AND (b.cancellation_reason IS NOT NULL OR b.network_address IS NOT NULL OR b.booking_status = 'confirmed')
        UNION ALL
        -- The names keep the scans from being index-only ones, which an empty table is planned for and a full one read by.
        SELECT unnest(ARRAY[l.id, l.organization_id]) FROM leads l WHERE l.person_id = ANY (v_persons) AND l.name <> ''
        UNION ALL
        SELECT unnest(ARRAY[c.id, c.organization_id]) FROM clients c WHERE c.person_id = ANY (v_persons) AND c.name <> ''
        UNION ALL
        SELECT u.organization_id FROM user_organizations u WHERE u.user_id = p_user_id);
END
$$;
REVOKE ALL ON FUNCTION _classes_person_rows FROM PUBLIC, anon, authenticated, service_role;
