-- Active practitioners by name.
CREATE OR REPLACE FUNCTION find_practitioners(p_search text DEFAULT NULL, p_limit int DEFAULT 50)
RETURNS TABLE (practitioner_id uuid, full_name text, timezone text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_search text;
BEGIN
    PERFORM _require_caller();
    v_search := lower(_optional_text('p_search', p_search));
    PERFORM _require_limit(p_limit);
    RETURN QUERY
        SELECT p.user_id, n.full_name, p.timezone
        FROM practitioners p
        JOIN profiles n ON n.user_id = p.user_id
        WHERE p.is_active AND n.is_active AND n.deleted_at IS NULL
          AND (v_search IS NULL OR position(v_search IN lower(n.full_name)) > 0)
        ORDER BY n.full_name, p.user_id
        LIMIT p_limit;
END
$$;
REVOKE ALL ON FUNCTION find_practitioners FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION find_practitioners TO authenticated, service_role;
COMMENT ON FUNCTION find_practitioners IS
'Active practitioners, by name.
p_search: text that the name contains, in any case; default all. p_limit: 1 to 1000 rows.
Returns: practitioner_id, full_name (may be NULL), timezone.
Raises: not_authenticated, invalid_input.
Rule: contract, section 7.';
