-- erase_person: payloads and addresses of what was sent to this person go, what was not yet sent is withdrawn.
-- Returns how many rows changed, NULL when there is nothing of this person.
CREATE OR REPLACE FUNCTION _notifications_erase_person(p_user_id uuid, p_emails text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_changed integer;
BEGIN
    UPDATE notifications n
    SET payload = '{}',
        last_error = NULL,
        leased_by = NULL,
        leased_until = NULL,
        address = CASE WHEN n.address IS NOT NULL THEN 'erased' END,
        status = CASE WHEN n.status IN ('pending', 'leased', 'dead') THEN 'withdrawn' ELSE n.status END
    WHERE (n.user_id = p_user_id OR lower(n.address) = ANY (p_emails))
      AND (n.payload <> '{}' OR n.last_error IS NOT NULL OR n.address <> 'erased' OR n.status IN ('pending', 'leased', 'dead'));
    GET DIAGNOSTICS v_changed = ROW_COUNT;
    RETURN nullif(v_changed, 0);
END
$$;
REVOKE ALL ON FUNCTION _notifications_erase_person FROM PUBLIC, anon, authenticated, service_role;
