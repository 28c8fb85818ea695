-- I2: an entry of history is the movement of points.
CREATE OR REPLACE FUNCTION move_employee_points() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    UPDATE employees e SET points = NEW.points_after WHERE e.id = NEW.employee_id AND e.points <> NEW.points_after;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION move_employee_points FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION move_employee_points IS 'Trigger: moves employees.points to points_after of a new entry (I2).';
CREATE OR REPLACE TRIGGER points_history_moves_points
    AFTER INSERT ON employee_points_history
    FOR EACH ROW EXECUTE FUNCTION move_employee_points();
