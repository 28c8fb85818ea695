-- A column default cannot read a setting.
CREATE OR REPLACE FUNCTION fill_initial_points() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    NEW.points := (SELECT s.gus_initial_points FROM settings s WHERE s.id);
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION fill_initial_points FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION fill_initial_points IS 'Trigger: a new employee starts with settings.gus_initial_points where no points are given.';
CREATE OR REPLACE TRIGGER employees_initial_points
    BEFORE INSERT ON employees
    FOR EACH ROW WHEN (NEW.points IS NULL) EXECUTE FUNCTION fill_initial_points();
