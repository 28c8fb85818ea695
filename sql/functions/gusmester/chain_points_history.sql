-- I2: numbers an entry and chains it to the employee's last one. Numbers given by hand must be the right ones.
-- Lock (2): the employee, so that entries of one employee follow each other.
CREATE OR REPLACE FUNCTION chain_points_history() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_last employee_points_history;
BEGIN
    PERFORM FROM employees e WHERE e.id = NEW.employee_id FOR NO KEY UPDATE;
    SELECT * INTO v_last FROM employee_points_history h
    WHERE h.employee_id = NEW.employee_id
    ORDER BY h.entry_number DESC
    LIMIT 1;
    IF coalesce(v_last.points_after, 0)::bigint + NEW.amount > 2147483647 THEN
        PERFORM _fail('limit_reached', 'Nobody can have so many points', '{"limit": 2147483647}', 'Take points from this employee first.');
    END IF;
    IF NEW.entry_number <> coalesce(v_last.entry_number, 0) + 1 OR NEW.points_before <> coalesce(v_last.points_after, 0) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'This entry does not follow the employee''s last one',
            HINT = 'Leave out entry_number, points_before, points_after and created_at.';
    END IF;
    NEW.entry_number := coalesce(v_last.entry_number, 0) + 1;
    NEW.points_before := coalesce(v_last.points_after, 0);
    NEW.points_after := coalesce(NEW.points_after, NEW.points_before + NEW.amount);
    NEW.created_at := greatest(clock_timestamp(), v_last.created_at);
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION chain_points_history FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION chain_points_history IS
'Trigger: gives an entry of employee_points_history its number, points_before, points_after and created_at, and refuses wrong ones (I2).';
CREATE OR REPLACE TRIGGER points_history_chain
    BEFORE INSERT ON employee_points_history
    FOR EACH ROW EXECUTE FUNCTION chain_points_history();
CREATE OR REPLACE TRIGGER points_history_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON employee_points_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER points_history_rows_append_only
    BEFORE UPDATE OR DELETE ON employee_points_history
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
