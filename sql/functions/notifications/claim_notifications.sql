-- Hands out what is due to a worker, under a lease: what it neither completes nor fails in time another worker takes over.
-- Locks: the rows it hands out, those that nobody holds. Rows come in the order of the time they are due.
CREATE OR REPLACE FUNCTION claim_notifications(p_worker text, p_limit int DEFAULT 20, p_lease interval DEFAULT '1 minute')
RETURNS TABLE (
    notification_id uuid, type text, user_id uuid, therapist_id uuid, session_id uuid, payload jsonb, due_at timestamptz,
    attempts integer, address text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_worker text;
    v_most   integer;
    v_taken  uuid[];
    v_seen   bigint;
BEGIN
    PERFORM _begin_command('claim_notifications', NULL, NULL);
    PERFORM _require_service();
    v_worker := _require_text('p_worker', p_worker, 255);
    PERFORM _require_limit(p_limit);
    IF p_lease IS NULL OR p_lease < interval '1 second' OR p_lease > interval '1 day' THEN
        PERFORM _fail('invalid_input', 'p_lease is not between 1 second and 1 day', '{"parameter": "p_lease"}');
    END IF;
    SELECT s.notification_max_attempts INTO STRICT v_most FROM settings s WHERE s.id;

    LOOP
        WITH due AS (
            SELECT n.id FROM notifications n
            WHERE n.status IN ('pending', 'leased') AND coalesce(n.leased_until, n.due_at) <= now()
            ORDER BY coalesce(n.leased_until, n.due_at), n.id
            LIMIT p_limit
            FOR NO KEY UPDATE SKIP LOCKED
        ), taken AS (
            -- One that has taken its workers along so often is not handed out again.
            UPDATE notifications n
            SET status = CASE WHEN n.attempts < v_most THEN 'leased' ELSE 'dead' END,
                leased_by = CASE WHEN n.attempts < v_most THEN v_worker END,
                leased_until = CASE WHEN n.attempts < v_most THEN now() + p_lease END,
                attempts = CASE WHEN n.attempts < v_most THEN n.attempts + 1 ELSE n.attempts END,
                last_error = CASE WHEN n.attempts < v_most THEN n.last_error ELSE 'The lease of the last attempt ended' END
            FROM due d
            WHERE n.id = d.id
            RETURNING n.id, n.status
        )
        SELECT array_agg(t.id) FILTER (WHERE t.status = 'leased'), count(*) INTO v_taken, v_seen FROM taken t;
        -- When all of them were dead, what is due after them is not to wait for the next call.
        EXIT WHEN v_seen = 0 OR v_taken IS NOT NULL;
    END LOOP;

    RETURN QUERY
        SELECT n.id, n.type, n.user_id, n.therapist_id, n.session_id, n.payload, n.due_at, n.attempts, n.address
        FROM notifications n
        WHERE n.id = ANY (v_taken)
        ORDER BY n.due_at, n.id;
END
$$;
REVOKE ALL ON FUNCTION claim_notifications FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION claim_notifications TO service_role;
COMMENT ON FUNCTION claim_notifications IS
'Hands out notifications that are due to a worker, who completes or fails each within the lease; after it another worker may take them over. Deliver at least once: the receiver tells repetitions by notification_id. For the service.
p_worker: text of 1 to 255 characters, another one for each worker. p_limit: 1 to 1000 rows. p_lease: interval between 1 second and 1 day.
Returns: notification_id, type, user_id (may be NULL), therapist_id (may be NULL), session_id (may be NULL), payload, due_at, attempts (this one included), address (may be NULL).
Raises: invalid_input, not_authenticated, not_allowed.
Rule: contract, section 8.';
