-- Locks session, guest spot and host for a command that only the host (or the service in their place) may do.
-- Errors: not_allowed, invalid_input, not_found, invalid_state.
CREATE OR REPLACE FUNCTION _lock_spot_as_host(p_session_id uuid) RETURNS guest_spots
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_own     uuid;
    v_session sessions;
    v_spot    guest_spots;
BEGIN
    IF caller_id() IS NOT NULL THEN
        v_own := (_acting_employee(NULL)).id;
    END IF;
    v_session := _lock_session(p_session_id);
    v_spot := _lock_guest_spot(p_session_id);
    PERFORM _check_guest_spot(p_session_id, v_session, v_spot);
    IF v_own IS NOT NULL AND v_own IS DISTINCT FROM v_spot.host_employee_id THEN
        PERFORM _fail('not_allowed', 'Only the host of this session may do this');
    END IF;
    IF v_spot.host_employee_id IS NULL THEN
        PERFORM _fail('invalid_state', 'This guest spot has no host', jsonb_build_object('status', v_spot.status),
                      'Assign an employee to the session first.');
    END IF;
    PERFORM _lock_employee(v_spot.host_employee_id);
    RETURN v_spot;
END
$$;
REVOKE ALL ON FUNCTION _lock_spot_as_host FROM PUBLIC, anon, authenticated, service_role;
