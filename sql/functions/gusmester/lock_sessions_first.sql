-- Direct writes of session_employees lock what the commands lock, in their order: sessions (ascending), then guest spots,
-- before the foreign key looks at the employee.
CREATE OR REPLACE FUNCTION lock_sessions_first() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_session_id uuid;
BEGIN
    FOREACH v_session_id IN ARRAY CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.session_id]
        ELSE ARRAY[least(OLD.session_id, NEW.session_id), greatest(OLD.session_id, NEW.session_id)]
    END LOOP
        PERFORM _lock_session(v_session_id);
        PERFORM _lock_guest_spot(v_session_id);
    END LOOP;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION lock_sessions_first FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION lock_sessions_first IS
'Trigger: locks the sessions of an assignment, and their guest spots, before anything else.
Rule: contract, section 1 (locks).';
CREATE OR REPLACE TRIGGER session_employees_lock_first
    BEFORE INSERT OR UPDATE ON session_employees
    FOR EACH ROW EXECUTE FUNCTION lock_sessions_first();
