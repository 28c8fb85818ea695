-- A worker could not deliver what it held: it is tried again later, each time after a longer while, and is dead after the last attempt,
-- or at once where another attempt would fail just the same.
-- Lock: the notification.
DROP TYPE IF EXISTS fail_notification_result;
CREATE TYPE fail_notification_result AS (
    success         boolean,
    notification_id uuid,
    status          text,
    due_at          timestamptz
);
CREATE OR REPLACE FUNCTION fail_notification(p_notification_id uuid, p_worker text, p_error text, p_permanent boolean DEFAULT false) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_result       fail_notification_result;
    v_error        text;
    v_notification notifications;
    v_settings     settings;
    v_wait         interval;
BEGIN
    PERFORM _begin_command('fail_notification', NULL, NULL);
    PERFORM _require_service();
    v_error := _require_text('p_error', p_error);
    PERFORM _require_value('p_permanent', p_permanent);
    v_notification := _lock_leased_notification(p_notification_id, p_worker);
    SELECT * INTO STRICT v_settings FROM settings s WHERE s.id;

    v_result.due_at := v_notification.due_at;
    v_result.status := 'dead';
    IF NOT p_permanent AND v_notification.attempts < v_settings.notification_max_attempts THEN
        v_result.status := 'pending';
        -- The 22nd doubling of the shortest back-off is longer than the longest wait there may be; the 40th is no interval any more.
        v_wait := least(v_settings.notification_backoff_max, v_settings.notification_backoff * 2 ^ least(v_notification.attempts - 1, 22));
        -- Between half and the whole wait, so that what failed together does not come back together.
        v_result.due_at := now() + v_wait * (0.5 + random() / 2);
    END IF;
    UPDATE notifications n
    SET status = v_result.status, due_at = v_result.due_at, last_error = v_error, leased_by = NULL, leased_until = NULL
    WHERE n.id = p_notification_id;

    v_result.success := true;
    v_result.notification_id := p_notification_id;
    RETURN to_json(v_result);
END
$$;
REVOKE ALL ON FUNCTION fail_notification FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION fail_notification TO service_role;
COMMENT ON FUNCTION fail_notification IS
'A worker says that it could not deliver a notification it holds: it is due again after a back-off that doubles with each attempt, and dead after settings.notification_max_attempts (10), or at once when p_permanent says that another attempt would fail just the same. For the service.
p_notification_id: uuid. p_worker: the text by which it was claimed. p_error: text of at most 10000 characters, kept as last_error. p_permanent: whether no other attempt is to be made.
Returns: {success, notification_id, status (notifications.status), due_at}; due_at is when it is tried again.
Raises: invalid_input, not_authenticated, not_allowed, not_found, invalid_state (status; somebody else holds the lease, or it was withdrawn).
Rule: contract, section 8.';
