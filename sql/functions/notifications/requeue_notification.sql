-- The service has a dead notification tried again, from its first attempt. Lock: the notification.
DROP TYPE IF EXISTS requeue_notification_result;
CREATE TYPE requeue_notification_result AS (
    success         boolean,
    notification_id uuid,
    due_at          timestamptz
);
CREATE OR REPLACE FUNCTION requeue_notification(p_notification_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments    jsonb := jsonb_build_object('p_notification_id', p_notification_id);
    v_replay       json;
    v_result       requeue_notification_result;
    v_notification notifications;
BEGIN
    v_replay := _begin_command('requeue_notification', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_service();
    v_notification := _lock_notification(p_notification_id);
    IF v_notification.status <> 'dead' THEN
        PERFORM _fail('invalid_state', format('This notification is %s, not dead', v_notification.status),
                      jsonb_build_object('status', v_notification.status));
    END IF;
    UPDATE notifications n SET status = 'pending', attempts = 0, due_at = now() WHERE n.id = p_notification_id
    RETURNING n.due_at INTO STRICT v_result.due_at;
    PERFORM _wake_workers();
    PERFORM _audit('requeue_notification', 'notification', p_notification_id);

    v_result.success := true;
    v_result.notification_id := p_notification_id;
    RETURN _finish_command('requeue_notification', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION requeue_notification FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION requeue_notification TO service_role;
COMMENT ON FUNCTION requeue_notification IS
'Has a dead notification tried again, now and from its first attempt. For the service.
p_notification_id: uuid of a dead notification. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, notification_id, due_at}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, invalid_state (status), idempotency_conflict.
Rule: contract, section 8.';
