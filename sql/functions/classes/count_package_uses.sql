-- I9: a package counts the uses that were not given back, whoever writes them; package_not_overused stops the one too many. Lock (3): the package.
CREATE OR REPLACE FUNCTION count_package_uses() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.returned_at IS NULL) THEN
        UPDATE packages p SET classes_used = p.classes_used + 1 WHERE p.id = NEW.package_id;
    ELSE
        UPDATE packages p SET classes_used = p.classes_used - 1 WHERE p.id = OLD.package_id;
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION count_package_uses FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION count_package_uses IS 'Trigger: keeps packages.classes_used, the uses that were not given back (I9).';
CREATE OR REPLACE TRIGGER package_usage_counted
    AFTER INSERT ON package_usage
    FOR EACH ROW WHEN (NEW.returned_at IS NULL) EXECUTE FUNCTION count_package_uses();
CREATE OR REPLACE TRIGGER package_usage_returned
    AFTER UPDATE OF returned_at ON package_usage
    FOR EACH ROW WHEN ((OLD.returned_at IS NULL) <> (NEW.returned_at IS NULL)) EXECUTE FUNCTION count_package_uses();
CREATE OR REPLACE TRIGGER package_usage_deleted
    AFTER DELETE ON package_usage
    FOR EACH ROW WHEN (OLD.returned_at IS NULL) EXECUTE FUNCTION count_package_uses();
