-- A practitioner takes time off, or opens time beside the weekly rules. Sessions within stay and are returned. Lock: the practitioner.
DROP TYPE IF EXISTS add_availability_exception_result;
CREATE TYPE add_availability_exception_result AS (
    success      boolean,
    exception_id uuid,
    session_ids  uuid[]
);
CREATE OR REPLACE FUNCTION add_availability_exception(
    p_starts_at timestamptz, p_ends_at timestamptz, p_kind text DEFAULT 'closed', p_practitioner_id uuid DEFAULT NULL,
    p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments       jsonb := jsonb_build_object(
        'p_starts_at', p_starts_at, 'p_ends_at', p_ends_at, 'p_kind', left(p_kind, 10001), 'p_practitioner_id', p_practitioner_id);
    v_replay          json;
    v_result          add_availability_exception_result;
    v_practitioner_id uuid;
BEGIN
    v_replay := _begin_command('add_availability_exception', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_instant('p_starts_at', p_starts_at);
    PERFORM _require_instant('p_ends_at', p_ends_at);
    IF p_ends_at <= p_starts_at THEN
        PERFORM _fail('invalid_input', 'p_ends_at is not after p_starts_at', '{"parameter": "p_ends_at"}');
    END IF;
    IF p_kind IS NULL OR p_kind NOT IN ('closed', 'open') THEN
        PERFORM _fail('invalid_input', 'p_kind is not closed or open', '{"parameter": "p_kind"}');
    END IF;
    v_practitioner_id := _acting_practitioner(p_practitioner_id);

    v_result.exception_id := _new_id();
    INSERT INTO availability_exceptions (id, practitioner_id, starts_at, ends_at, kind)
    VALUES (v_result.exception_id, v_practitioner_id, p_starts_at, p_ends_at, p_kind);
    -- The status is asked in a way that is no index's: planned while there were few, all sessions to come would be read for ever.
    v_result.session_ids := ARRAY(
        SELECT b.id
        FROM (
            SELECT s.id, s.starts_at FROM client_sessions s
            WHERE s.therapist_id = v_practitioner_id AND s.ends_at > p_starts_at AND s.starts_at < p_ends_at
              AND (s.status IN ('scheduled', 'confirmed', 'in_progress')) IS TRUE
            UNION ALL
            SELECT s.id, s.starts_at FROM client_sessions s
            WHERE s.client_id = v_practitioner_id AND s.ends_at > p_starts_at AND s.starts_at < p_ends_at
              AND (s.status IN ('scheduled', 'confirmed', 'in_progress')) IS TRUE
        ) b
        WHERE p_kind = 'closed'
        ORDER BY b.starts_at);
    PERFORM _audit('add_availability_exception', 'availability_exception', v_result.exception_id, jsonb_build_object(
        'practitioner_id', v_practitioner_id, 'kind', p_kind, 'starts_at', p_starts_at, 'ends_at', p_ends_at));

    v_result.success := true;
    RETURN _finish_command('add_availability_exception', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION add_availability_exception FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION add_availability_exception TO authenticated, service_role;
COMMENT ON FUNCTION add_availability_exception IS
'A practitioner takes time off (closed, which beats everything) or opens time beside the weekly rules (open). Sessions that are booked within closed time stay, and are returned.
p_starts_at, p_ends_at: instants within [2000-01-01, 2100-01-01). p_kind: one of closed, open. p_practitioner_id: uuid; the service must give it, others leave it out for themselves. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, exception_id, session_ids}; session_ids are the sessions that stand in closed time.
Raises: invalid_input, not_authenticated, not_allowed, not_found, not_a_practitioner (user_id), idempotency_conflict.
Rule: contract, section 7.';
