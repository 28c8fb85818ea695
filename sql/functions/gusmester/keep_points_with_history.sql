-- I2: points change with a row of history or not at all, whoever tries.
CREATE OR REPLACE FUNCTION keep_points_with_history() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_points integer;
BEGIN
    SELECT h.points_after INTO v_points FROM employee_points_history h
    WHERE h.employee_id = NEW.id
    ORDER BY h.entry_number DESC
    LIMIT 1;
    IF NEW.points <> coalesce(v_points, 0) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'Points move by their history alone',
            HINT = 'Call adjust_employee_points().';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION keep_points_with_history FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_points_with_history IS 'Trigger: refuses a change of employees.points that no entry of history made (I2).';
CREATE OR REPLACE TRIGGER employee_points_follow_history
    BEFORE UPDATE OF points ON employees
    FOR EACH ROW WHEN (OLD.points IS DISTINCT FROM NEW.points) EXECUTE FUNCTION keep_points_with_history();
