-- A host releases the guest spot to their colleagues and earns points for doing so in time, once per session whoever hosts.
-- Locks: session, guest spot, employee (the host).
DROP TYPE IF EXISTS release_guest_spot_result;
CREATE TYPE release_guest_spot_result AS (
    success        boolean,
    guest_spot_id  uuid,
    points_earned  boolean,
    points_awarded integer,
    new_points     integer
);
CREATE OR REPLACE FUNCTION release_guest_spot(p_session_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_session_id', p_session_id);
    v_replay    json;
    v_result    release_guest_spot_result;
    v_spot      guest_spots;
    v_session   sessions;
    v_settings  settings;
BEGIN
    v_replay := _begin_command('release_guest_spot', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_spot := _lock_spot_as_host(p_session_id);
    PERFORM _check_spot_status(v_spot, 'reserved_for_host');
    SELECT * INTO STRICT v_session FROM sessions s WHERE s.id = p_session_id;
    PERFORM _check_not_started(v_session);
    SELECT * INTO STRICT v_settings FROM settings s WHERE s.id;

    v_result.points_earned := now() < v_session.starts_at - v_settings.gus_release_notice
                              AND NOT v_spot.points_earned AND v_settings.gus_release_award > 0;
    v_result.points_awarded := CASE WHEN v_result.points_earned THEN v_settings.gus_release_award ELSE 0 END;
    UPDATE guest_spots g
    SET status = 'released_to_public',
        released_by = v_spot.host_employee_id,
        released_at = now(),
        points_earned = g.points_earned OR v_result.points_earned
    WHERE g.id = v_spot.id;
    v_result.new_points := _post_points(v_spot.host_employee_id, v_result.points_awarded, 'Released guest spot', p_session_id);
    PERFORM _audit('release_guest_spot', 'guest_spot', v_spot.id, jsonb_build_object(
        'session_id', p_session_id, 'employee_id', v_spot.host_employee_id, 'points', v_result.points_awarded));

    v_result.guest_spot_id := v_spot.id;
    v_result.success := true;
    RETURN _finish_command('release_guest_spot', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION release_guest_spot FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION release_guest_spot TO authenticated, service_role;
COMMENT ON FUNCTION release_guest_spot IS
'The host releases a reserved guest spot before the start; more than settings.gus_release_notice (3 hours) before it earns settings.gus_release_award (150) points, once per session whoever hosts. The service acts as the host.
p_session_id: uuid of the session. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, guest_spot_id, points_earned (this release was rewarded), points_awarded, new_points}.
Raises: invalid_input, not_authenticated, not_allowed (not the host), not_found, invalid_state, spot_not_available (status), in_the_past, idempotency_conflict.
Rule: contract, section 5.';
