-- Hands out what is due to a worker, under a lease: what it neither completes nor fails in time another worker takes over.
-- What is due is read in the order of its index and no other way: a bitmap scan reads all of it, and leaves the entries of what was
-- sent for every later claim to step over.
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
SET enable_bitmapscan TO off
SET enable_sort TO off
AS $$
DECLARE
    v_worker text;
    v_most   integer;
    v_due    uuid[];
BEGIN
    PERFORM _begin_command('claim_notifications', NULL, NULL);
    -- The hot path of every worker: the helper, which says the refusal, is called to refuse only.
    IF caller_id() IS NOT NULL THEN
        PERFORM _require_service();
    END IF;
    v_worker := _require_text('p_worker', p_worker, 255);
    PERFORM _require_limit(p_limit);
    IF p_lease IS NULL OR p_lease < interval '1 second' OR p_lease > interval '1 day' OR NOT _is_bounded(p_lease) THEN
        PERFORM _fail('invalid_input', 'p_lease is not between 1 second and 1 day', '{"parameter": "p_lease"}');
    END IF;
    SELECT s.notification_max_attempts INTO STRICT v_most FROM settings s WHERE s.id;

    LOOP
        -- A statement of its own: while one statement both reads the index and writes it, dead entries are not marked as such.
        v_due := ARRAY(
            SELECT n.id FROM notifications n
            WHERE n.is_open AND n.due_at <= now() AND (n.leased_until IS NULL OR n.leased_until <= now())
            ORDER BY n.due_at, n.id
            LIMIT p_limit
            FOR NO KEY UPDATE SKIP LOCKED);
        EXIT WHEN v_due = '{}';
        RETURN QUERY
            WITH taken AS (
                -- One that has taken its workers along so often is not handed out again.
                UPDATE notifications n
                SET status = CASE WHEN n.attempts < v_most THEN 'leased' ELSE 'dead' END,
                    leased_by = CASE WHEN n.attempts < v_most THEN v_worker END,
                    leased_until = CASE WHEN n.attempts < v_most THEN now() + p_lease END,
                    attempts = CASE WHEN n.attempts < v_most THEN n.attempts + 1 ELSE n.attempts END,
                    last_error = CASE WHEN n.attempts < v_most OR n.status = 'pending' THEN n.last_error
                                      ELSE 'The lease of the last attempt ended' END
                WHERE n.id = ANY (v_due)
                RETURNING n.*
            )
            SELECT t.id, t.type, t.user_id, t.therapist_id, t.session_id, t.payload, t.due_at, t.attempts, t.address
            FROM taken t
            WHERE t.status = 'leased'
            ORDER BY t.due_at, t.id;
        -- When all of them were dead, what is due after them is not to wait for the next call.
        EXIT WHEN FOUND;
    END LOOP;
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
