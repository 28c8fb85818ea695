-- I9: a package counts the uses that were not given back, whoever writes them; package_not_overused stops the one too many. Lock (3): the package.
CREATE OR REPLACE FUNCTION count_package_uses() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_change integer := 0;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.returned_at IS NULL THEN
        v_change := v_change - 1;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.returned_at IS NULL THEN
        v_change := v_change + 1;
    END IF;
    IF v_change <> 0 THEN
        UPDATE packages p SET classes_used = p.classes_used + v_change
        WHERE p.id = CASE TG_OP WHEN 'DELETE' THEN OLD.package_id ELSE NEW.package_id END;
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION count_package_uses FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION count_package_uses IS 'Trigger: keeps packages.classes_used, the uses that were not given back (I9).';
CREATE OR REPLACE TRIGGER package_usage_counted
    AFTER INSERT OR DELETE OR UPDATE OF returned_at ON package_usage
    FOR EACH ROW EXECUTE FUNCTION count_package_uses();
