-- Append-only tables: what happened is never edited, deleted or truncated, not even by the table's owner.
-- Each has the trigger twice: statements on a table that it inherits from meet the one for rows alone.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'restrict_violation',
        MESSAGE = format('%s is append-only', TG_TABLE_NAME),
        HINT = 'Insert a row that corrects it.';
END
$$;
REVOKE ALL ON FUNCTION refuse_change FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION refuse_change IS 'Trigger: refuses UPDATE, DELETE and TRUNCATE of an append-only table.';
CREATE OR REPLACE TRIGGER audit_log_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER function_versions_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON function_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit_log_rows_append_only
    BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER function_versions_rows_append_only
    BEFORE UPDATE OR DELETE ON function_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
