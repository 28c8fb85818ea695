-- A person's time zone is an IANA name PostgreSQL knows: POSIX rules and abbreviations mean other things elsewhere.
CREATE OR REPLACE FUNCTION check_timezone() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    PERFORM _require_timezone('timezone', NEW.timezone);
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_timezone FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION check_timezone IS 'Trigger: refuses a time zone that is no IANA name. Raises: invalid_input (parameter timezone).';
CREATE OR REPLACE TRIGGER profiles_timezone
    BEFORE INSERT OR UPDATE OF timezone ON profiles
    FOR EACH ROW EXECUTE FUNCTION check_timezone();
