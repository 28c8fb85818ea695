-- Brings a session's guest spot in line with who is assigned to it; called after every change of either.
-- A public session with somebody assigned has a spot; an unbooked spot belongs to the first of them (a released one stays released);
-- without anybody it is reserved and waits; a booked one keeps its host. Locks (1): the session, then its spot.
CREATE OR REPLACE FUNCTION _settle_guest_spot(p_session_id uuid) RETURNS guest_spots
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_session sessions;
    v_spot    guest_spots;
    v_host    uuid;
BEGIN
    PERFORM _require_read_committed();
    v_session := _lock_session(p_session_id);
    v_spot := _lock_guest_spot(p_session_id);
    -- Not yet inserted (the foreign key is deferred), or being deleted.
    IF v_session.id IS NULL THEN
        RETURN NULL;
    END IF;
    IF v_spot.status IN ('booked_by_host', 'booked_by_gusmester')
       OR EXISTS (SELECT FROM session_employees a
                  WHERE a.session_id = p_session_id AND a.employee_id = v_spot.host_employee_id) THEN
        RETURN v_spot;
    END IF;
    SELECT a.employee_id INTO v_host FROM session_employees a
    WHERE a.session_id = p_session_id
    ORDER BY a.assigned_at, a.employee_id
    LIMIT 1;
    IF v_spot.id IS NOT NULL THEN
        UPDATE guest_spots g
        SET host_employee_id = v_host,
            status = CASE WHEN v_host IS NULL THEN 'reserved_for_host' ELSE g.status END
        WHERE g.id = v_spot.id
        RETURNING * INTO v_spot;
    ELSIF v_host IS NOT NULL AND NOT v_session.is_private THEN
        INSERT INTO guest_spots (id, session_id, host_employee_id)
        VALUES (_new_id(), p_session_id, v_host)
        RETURNING * INTO v_spot;
    END IF;
    RETURN v_spot;
END
$$;
REVOKE ALL ON FUNCTION _settle_guest_spot FROM PUBLIC, anon, authenticated, service_role;
