-- Master data: the service writes it, practitioners by add_availability_exception(); they see their own.
ALTER TABLE availability_exceptions ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON availability_exceptions FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON availability_exceptions TO service_role;
GRANT SELECT ON availability_exceptions TO authenticated;
DROP POLICY IF EXISTS availability_exceptions_service ON availability_exceptions;
CREATE POLICY availability_exceptions_service ON availability_exceptions TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS availability_exceptions_own ON availability_exceptions;
CREATE POLICY availability_exceptions_own ON availability_exceptions FOR SELECT TO authenticated
    USING (practitioner_id = (SELECT caller_id()));
