-- Lock (3): a notification that this worker holds under a lease. Errors: invalid_input, not_found, invalid_state (status).
CREATE OR REPLACE FUNCTION _lock_leased_notification(p_notification_id uuid, p_worker text) RETURNS notifications
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_worker       text := _require_text('p_worker', p_worker, 255);
    v_notification notifications := _lock_notification(p_notification_id);
BEGIN
    IF v_notification.leased_by IS DISTINCT FROM v_worker THEN
        PERFORM _fail('invalid_state', 'This worker does not hold the lease of this notification',
                      jsonb_build_object('status', v_notification.status), 'Leave it to whoever holds it.');
    END IF;
    RETURN v_notification;
END
$$;
REVOKE ALL ON FUNCTION _lock_leased_notification FROM PUBLIC, anon, authenticated, service_role;
