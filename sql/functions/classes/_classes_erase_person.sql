-- erase_person: names, addresses, phone numbers and reasons of a lead or client go, and their roles and places in line; bookings and uses stay.
-- Returns how many rows changed, NULL when no organization knows this person.
CREATE OR REPLACE FUNCTION _classes_erase_person(p_user_id uuid, p_emails text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_persons uuid[] := _classes_persons(p_user_id, p_emails);
    v_changed integer := 0;
    v_rows    integer;
BEGIN
    DELETE FROM user_organizations u WHERE u.user_id = p_user_id;
    GET DIAGNOSTICS v_changed = ROW_COUNT;
    UPDATE leads l SET name = 'Erased', email = l.id || '@erased.invalid', phone = NULL, status = 'erased'
    WHERE l.person_id = ANY (v_persons)
      AND (l.name <> 'Erased' OR l.email <> l.id || '@erased.invalid' OR l.phone IS NOT NULL OR l.status <> 'erased');
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_changed := v_changed + v_rows;
    UPDATE clients c SET name = 'Erased', email = c.id || '@erased.invalid', phone = NULL, status = 'inactive'
    WHERE c.person_id = ANY (v_persons)
      AND (c.name <> 'Erased' OR c.email <> c.id || '@erased.invalid' OR c.phone IS NOT NULL OR c.status <> 'inactive');
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_changed := v_changed + v_rows;
    UPDATE bookings b SET cancellation_reason = NULL, network_address = NULL
    WHERE b.person_id = ANY (v_persons) AND (b.cancellation_reason IS NOT NULL OR b.network_address IS NOT NULL);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_changed := v_changed + v_rows;
    UPDATE class_waitlist w SET status = 'left' WHERE w.person_id = ANY (v_persons) AND w.status = 'waiting';
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_changed := v_changed + v_rows;
    RETURN CASE WHEN v_changed > 0 OR v_persons <> '{}' THEN v_changed END;
END
$$;
REVOKE ALL ON FUNCTION _classes_erase_person FROM PUBLIC, anon, authenticated, service_role;
