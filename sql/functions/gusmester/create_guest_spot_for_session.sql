-- A guest spot appears by itself, once, with a session's first employee, whichever row comes first, and follows who is assigned.
CREATE OR REPLACE FUNCTION create_guest_spot_for_session() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    IF TG_TABLE_NAME = 'sessions' THEN
        PERFORM _settle_guest_spot(NEW.id);
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM _settle_guest_spot(OLD.session_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM _settle_guest_spot(NEW.session_id);
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION create_guest_spot_for_session FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION create_guest_spot_for_session IS
'Trigger: gives a public session its guest spot with its first employee, and an unbooked spot the next host when its host is taken off.
Rule: contract, section 5.';
CREATE OR REPLACE TRIGGER session_employees_guest_spot
    AFTER INSERT OR UPDATE OR DELETE ON session_employees
    FOR EACH ROW EXECUTE FUNCTION create_guest_spot_for_session();
-- Once more at commit: the session may come from another transaction, after the employee's row (its foreign key is deferred too).
DROP TRIGGER IF EXISTS session_employees_guest_spot_at_commit ON session_employees;
CREATE CONSTRAINT TRIGGER session_employees_guest_spot_at_commit
    AFTER INSERT OR UPDATE ON session_employees
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION create_guest_spot_for_session();
CREATE OR REPLACE TRIGGER sessions_guest_spot
    AFTER INSERT ON sessions
    FOR EACH ROW EXECUTE FUNCTION create_guest_spot_for_session();
CREATE OR REPLACE TRIGGER sessions_public_again
    AFTER UPDATE OF is_private ON sessions
    FOR EACH ROW WHEN (OLD.is_private AND NOT NEW.is_private) EXECUTE FUNCTION create_guest_spot_for_session();
