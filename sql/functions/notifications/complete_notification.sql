-- A worker has delivered what it held. Lock: the notification.
DROP TYPE IF EXISTS complete_notification_result;
CREATE TYPE complete_notification_result AS (
    success         boolean,
    notification_id uuid,
    status          text
);
CREATE OR REPLACE FUNCTION complete_notification(p_notification_id uuid, p_worker text) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_result complete_notification_result;
    v_worker text := p_worker;
BEGIN
    PERFORM _begin_command('complete_notification', NULL, NULL);
    -- The hot path of every worker: the helpers, which say the refusals, are called to refuse only.
    IF caller_id() IS NOT NULL THEN
        PERFORM _require_service();
    END IF;
    LOOP
        UPDATE notifications n
        SET status = 'sent', sent_at = now(), leased_by = NULL, leased_until = NULL, last_error = NULL
        WHERE n.id = p_notification_id AND n.leased_by = v_worker;
        EXIT WHEN FOUND;
        v_worker := (_lock_leased_notification(p_notification_id, p_worker)).leased_by;
    END LOOP;

    v_result.success := true;
    v_result.notification_id := p_notification_id;
    v_result.status := 'sent';
    RETURN to_json(v_result);
END
$$;
REVOKE ALL ON FUNCTION complete_notification FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION complete_notification TO service_role;
COMMENT ON FUNCTION complete_notification IS
'A worker says that it has delivered a notification it holds. For the service.
p_notification_id: uuid. p_worker: the text by which it was claimed.
Returns: {success, notification_id, status (notifications.status)}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, invalid_state (status; somebody else holds the lease, or it was withdrawn).
Rule: contract, section 8.';
