-- Housekeeping that nobody waits for: calls _<module>_maintenance(limit) of each module that is installed. Safe at any time, by any number of callers.
-- Locks: what it changes, batch by batch, those rows that nobody holds.
DROP TYPE IF EXISTS run_maintenance_result;
CREATE TYPE run_maintenance_result AS (
    success boolean,
    done    jsonb
);
CREATE OR REPLACE FUNCTION run_maintenance(p_limit int DEFAULT 1000, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_limit', p_limit);
    v_replay    json;
    v_result    run_maintenance_result;
    v_function  text;
    v_done      jsonb;
BEGIN
    v_replay := _begin_command('run_maintenance', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_service();
    PERFORM _require_limit(p_limit);
    v_result.done := '{}';
    FOREACH v_function IN ARRAY _module_functions('maintenance') LOOP
        EXECUTE format('SELECT jsonb_object_agg(m.task, m.done) FROM %I($1) m', v_function) INTO v_done USING p_limit;
        v_result.done := v_result.done || v_done;
    END LOOP;

    v_result.success := true;
    RETURN _finish_command('run_maintenance', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION run_maintenance FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION run_maintenance TO service_role;
COMMENT ON FUNCTION run_maintenance IS
'Housekeeping: forgets expired idempotency keys, old notifications (or archives them) and old payloads as the retentions in settings say, marks expired holds, cancels peer sessions never paid for, completes past sessions where settings.complete_sessions_after says so, cancels card bookings of classes not paid in time, gives free places of classes to those who wait. Run it as often as you like; call it again while it is as busy as p_limit lets it. For the service.
p_limit: 1 to 1000, how many rows of each task at most. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, done}; done is an object of task and number of rows.
Raises: invalid_input, not_authenticated, not_allowed, idempotency_conflict.
Rule: contract, sections 3 and 8.';
