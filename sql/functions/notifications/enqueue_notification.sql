-- The service queues a notification, for now or for later.
-- Rule: a reminder of a session whose hour has passed is not queued at all; modules with sessions tell the start by _<module>_start_of_session(id),
-- which locks the session.
DROP TYPE IF EXISTS enqueue_notification_result;
CREATE TYPE enqueue_notification_result AS (
    success         boolean,
    notification_id uuid,
    due_at          timestamptz
);
CREATE OR REPLACE FUNCTION enqueue_notification(
    p_type text, p_user_id uuid, p_therapist_id uuid DEFAULT NULL, p_session_id uuid DEFAULT NULL,
    p_payload jsonb DEFAULT '{}', p_delay_minutes int DEFAULT 0, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object(
        'p_type', left(p_type, 10001), 'p_user_id', p_user_id, 'p_therapist_id', p_therapist_id, 'p_session_id', p_session_id,
        'p_payload', CASE WHEN pg_column_size(p_payload) <= 1000000 THEN p_payload END, 'p_delay_minutes', p_delay_minutes);
    v_replay    json;
    v_result    enqueue_notification_result;
    v_type      text;
BEGIN
    v_replay := _begin_command('enqueue_notification', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_service();
    v_type := _require_text('p_type', p_type, 100);
    PERFORM _require_value('p_user_id', p_user_id);
    IF jsonb_typeof(p_payload) IS DISTINCT FROM 'object' OR pg_column_size(p_payload) > 1000000 THEN
        PERFORM _fail('invalid_input', 'p_payload is not a JSON object of at most 1000000 bytes', '{"parameter": "p_payload"}');
    END IF;
    IF p_delay_minutes IS NULL OR p_delay_minutes NOT BETWEEN 0 AND 5270400 THEN
        PERFORM _fail('invalid_input', 'p_delay_minutes is not between 0 and 5270400 (ten years)', '{"parameter": "p_delay_minutes"}');
    END IF;
    PERFORM _require_person(p_user_id);

    IF NOT _reminder_has_passed(v_type, p_session_id) THEN
        v_result.notification_id := _new_id();
        v_result.due_at := now() + make_interval(mins => p_delay_minutes);
        INSERT INTO notifications (id, type, user_id, therapist_id, session_id, payload, due_at)
        VALUES (v_result.notification_id, v_type, p_user_id, p_therapist_id, p_session_id, p_payload, v_result.due_at);
        PERFORM _wake_workers();
        PERFORM _audit('enqueue_notification', 'notification', v_result.notification_id, jsonb_build_object('type', v_type, 'due_at', v_result.due_at));
    END IF;

    v_result.success := true;
    RETURN _finish_command('enqueue_notification', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION enqueue_notification FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION enqueue_notification TO service_role;
COMMENT ON FUNCTION enqueue_notification IS
'Queues a notification, due in p_delay_minutes. A reminder (booking_reminder_24h, booking_reminder_1h) whose hour has passed, or of a session that stands no more, is not queued at all. For the service.
p_type: text of at most 100 characters. p_user_id: uuid of the receiver, a person with a profile. p_therapist_id: uuid of the other party. p_session_id: uuid of the session it tells of. p_payload: JSON object. p_delay_minutes: 0 to 5270400, counted from now. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, notification_id (NULL when nothing was queued), due_at (NULL when nothing was queued)}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, idempotency_conflict.
Rule: contract, section 8.';
