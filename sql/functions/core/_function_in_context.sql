-- The public function a refusal came out of: the outermost function of this schema in a PL/pgSQL call stack.
-- Looks for names that exist here, so that it works in every language of the server's messages. Ours stand there without a schema,
-- others' with theirs. No backslashes: standard_conforming_strings is the session's.
CREATE OR REPLACE FUNCTION _function_in_context(p_context text) RETURNS text
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT p.proname::text
    FROM regexp_matches(p_context, '(?:^|[^a-z0-9_".])"?([a-z0-9_]+)"?[(]', 'g') WITH ORDINALITY AS m (name, position)
    JOIN pg_proc p ON p.proname = m.name[1]::name
    WHERE p.pronamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = current_schema())
      AND NOT starts_with(p.proname::text, '_')
    ORDER BY m.position DESC
    LIMIT 1
$$;
REVOKE ALL ON FUNCTION _function_in_context FROM PUBLIC, anon, authenticated, service_role;
