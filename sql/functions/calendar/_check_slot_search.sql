-- The parameters of get_available_slots(). Error: invalid_input.
CREATE OR REPLACE FUNCTION _check_slot_search(
    p_practitioner_id uuid, p_from timestamptz, p_to timestamptz, p_duration_minutes integer, p_step_minutes integer
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_days integer := (SELECT s.slot_search_days FROM settings s WHERE s.id);
BEGIN
    PERFORM _require_value('p_practitioner_id', p_practitioner_id);
    PERFORM _require_instant('p_from', p_from);
    PERFORM _require_instant('p_to', p_to);
    IF p_to <= p_from OR p_to - p_from > make_interval(days => v_days) THEN
        PERFORM _fail('invalid_input', format('p_to is not after p_from, or more than %s days after it', v_days), '{"parameter": "p_to"}');
    END IF;
    PERFORM _require_session_minutes(p_duration_minutes);
    IF p_step_minutes IS NULL OR p_step_minutes NOT BETWEEN 5 AND 240 THEN
        PERFORM _fail('invalid_input', 'p_step_minutes is not between 5 and 240', '{"parameter": "p_step_minutes"}');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_slot_search FROM PUBLIC, anon, authenticated, service_role;
