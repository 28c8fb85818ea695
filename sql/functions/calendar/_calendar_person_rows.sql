-- erase_person: the sessions that this person is a party of and that say something in free text.
CREATE OR REPLACE FUNCTION _calendar_person_rows(p_user_id uuid, p_emails text[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN ARRAY(
        SELECT s.id FROM client_sessions s
        WHERE (s.client_id = p_user_id OR s.therapist_id = p_user_id)
          AND (s.notes IS NOT NULL OR s.title IS NOT NULL OR s.cancellation_reason IS NOT NULL
               -- Whoever cancels or closes one withdraws its reminders, which are erased with the person.
               OR s.status IN ('scheduled', 'confirmed', 'in_progress')));
END
$$;
REVOKE ALL ON FUNCTION _calendar_person_rows FROM PUBLIC, anon, authenticated, service_role;
