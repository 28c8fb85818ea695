-- erase_person: names, addresses and phone numbers of an employee and of a host's guest go; ids, points and times stay.
-- Returns how many rows changed, NULL when the club does not know this person.
CREATE OR REPLACE FUNCTION _gusmester_erase_person(p_user_id uuid, p_emails text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_known     boolean;
    v_employees integer;
    v_guests    integer;
BEGIN
    v_known := EXISTS (SELECT FROM employees e WHERE e.user_id = p_user_id);
    UPDATE employees e
    SET name = 'Erased', email = e.id || '@erased.invalid', status = 'inactive', is_admin = false
    WHERE (e.user_id = p_user_id OR (e.user_id IS NULL AND lower(e.email) = ANY (p_emails)))
      AND (e.name <> 'Erased' OR e.email <> e.id || '@erased.invalid' OR e.status <> 'inactive' OR e.is_admin);
    GET DIAGNOSTICS v_employees = ROW_COUNT;
    UPDATE guest_spots g
    SET guest_name = 'Erased', guest_email = g.id || '@erased.invalid', guest_phone = NULL
    WHERE lower(g.guest_email) = ANY (p_emails);
    GET DIAGNOSTICS v_guests = ROW_COUNT;
    RETURN CASE WHEN v_known OR v_employees + v_guests > 0 THEN v_employees + v_guests END;
END
$$;
REVOKE ALL ON FUNCTION _gusmester_erase_person FROM PUBLIC, anon, authenticated, service_role;
