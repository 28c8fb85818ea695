-- Whether this employee may book this spot for so many points: asked once before the locks, so that latecomers are refused
-- without waiting, and once under them, which decides.
-- On the hot path: the helpers, which say the refusals, are called to refuse only.
-- Errors: inactive, not_found, invalid_state, self_booking, already_booked, spot_not_available, in_the_past, insufficient_points.
CREATE OR REPLACE FUNCTION _check_spot_bookable(
    p_session_id uuid, p_session sessions, p_spot guest_spots, p_employee employees, p_cost integer
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_employee.status <> 'active' THEN
        PERFORM _require_active_employee(p_employee);
    END IF;
    IF p_session_id IS NULL OR p_session.id IS NULL OR p_spot.id IS NULL OR p_session.status <> 'active' THEN
        PERFORM _check_guest_spot(p_session_id, p_session, p_spot);
    END IF;
    IF p_spot.host_employee_id = p_employee.id THEN
        PERFORM _fail('self_booking', 'You host this session');
    END IF;
    IF p_spot.status <> 'released_to_public' THEN
        PERFORM FROM gusmester_bookings b
        WHERE b.session_id = p_session.id AND b.employee_id = p_employee.id AND b.status = 'active';
        IF FOUND THEN
            PERFORM _fail('already_booked', 'You have already booked this spot');
        END IF;
        PERFORM _check_spot_status(p_spot, 'released_to_public');
    END IF;
    IF p_session.starts_at <= now() THEN
        PERFORM _check_not_started(p_session);
    END IF;
    IF p_employee.points < p_cost THEN
        PERFORM _fail('insufficient_points', format('Insufficient points. Required: %s, available: %s', p_cost, p_employee.points),
                      jsonb_build_object('required', p_cost, 'available', p_employee.points));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_spot_bookable FROM PUBLIC, anon, authenticated, service_role;
