-- I2: what an employee starts with is the first row of their history.
CREATE OR REPLACE FUNCTION open_points_history() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    PERFORM _post_points(NEW.id, NEW.points, 'Initial points');
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION open_points_history FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION open_points_history IS 'Trigger: writes a new employee''s points as the first entry of their history (I2).';
CREATE OR REPLACE TRIGGER employees_open_points_history
    AFTER INSERT ON employees
    FOR EACH ROW EXECUTE FUNCTION open_points_history();
