-- The functions by which the installed modules contribute: _<module>_<what>, in the order of their names.
CREATE OR REPLACE FUNCTION _module_functions(p_what text) RETURNS text[]
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT coalesce(array_agg(p.proname::text ORDER BY p.proname), '{}')
    FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = current_schema()
      AND p.proname ~ ('^_[a-z]+_' || p_what || '$')
$$;
REVOKE ALL ON FUNCTION _module_functions FROM PUBLIC, anon, authenticated, service_role;
