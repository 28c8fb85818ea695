-- Lock (3): a notification. Errors: invalid_input, not_found.
CREATE OR REPLACE FUNCTION _lock_notification(p_notification_id uuid) RETURNS notifications
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_notification notifications;
BEGIN
    PERFORM _require_value('p_notification_id', p_notification_id);
    SELECT * INTO v_notification FROM notifications n WHERE n.id = p_notification_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM _fail('not_found', 'No such notification', jsonb_build_object('entity', 'notification', 'id', p_notification_id));
    END IF;
    RETURN v_notification;
END
$$;
REVOKE ALL ON FUNCTION _lock_notification FROM PUBLIC, anon, authenticated, service_role;
