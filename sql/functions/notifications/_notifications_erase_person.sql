-- erase_person: payloads and addresses of what was sent to this person go, what was not yet sent is withdrawn.
-- A reminder goes to both sides: why it failed may quote the other one's address.
-- Returns how many rows changed, NULL when there is nothing of this person.
CREATE OR REPLACE FUNCTION _notifications_erase_person(p_user_id uuid, p_emails text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_changed integer;
    v_rows    integer;
BEGIN
    -- Two who treat each other may be erased at once.
    PERFORM FROM notifications n
    WHERE n.user_id = p_user_id OR lower(n.address) = ANY (p_emails) OR (n.therapist_id = p_user_id AND n.last_error IS NOT NULL)
    ORDER BY n.id FOR NO KEY UPDATE;
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
    UPDATE notifications n SET last_error = NULL WHERE n.therapist_id = p_user_id AND n.last_error IS NOT NULL;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN nullif(v_changed + v_rows, 0);
END
$$;
REVOKE ALL ON FUNCTION _notifications_erase_person FROM PUBLIC, anon, authenticated, service_role;
