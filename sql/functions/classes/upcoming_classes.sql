-- The classes of an organization that are still to come: for anybody where it has public_booking, else for its customers and staff.
CREATE OR REPLACE FUNCTION upcoming_classes(p_organization_id uuid, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (
    class_session_id uuid, name text, instructor_name text, starts_at timestamptz, duration_minutes integer, timezone text,
    capacity integer, spots_left integer, is_free boolean, book_until timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
BEGIN
    PERFORM _require_value('p_organization_id', p_organization_id);
    PERFORM _require_instant('p_from', p_from);
    PERFORM _require_instant('p_to', p_to);
    IF p_to - p_from > interval '366 days' THEN
        PERFORM _fail('invalid_input', 'p_to is more than 366 days after p_from', '{"parameter": "p_to"}');
    END IF;
    IF NOT (_is_staff(p_organization_id) OR p_organization_id = ANY (caller_client_organizations())) THEN
        PERFORM _require_public_organization(p_organization_id);
    END IF;
    RETURN QUERY
        SELECT c.id, c.name, c.instructor_name, c.starts_at, c.duration_minutes, o.timezone,
               c.capacity, c.capacity - c.taken, c.is_free, c.starts_at - c.booking_cutoff
        FROM class_sessions c
        JOIN organizations o ON o.id = c.organization_id
        WHERE c.organization_id = p_organization_id AND c.status = 'scheduled'
          AND c.starts_at >= p_from AND c.starts_at < p_to AND c.starts_at > now()
        ORDER BY c.starts_at, c.id;
END
$$;
REVOKE ALL ON FUNCTION upcoming_classes FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION upcoming_classes TO anon, authenticated, service_role;
COMMENT ON FUNCTION upcoming_classes IS
'The scheduled classes of an organization that have not started, by start: for anybody where it has public_booking, else for its clients and staff. Public.
p_organization_id: uuid. p_from, p_to: instants, at most 366 days apart; classes that start at p_to are left out.
Returns: class_session_id, name, instructor_name (may be NULL), starts_at, duration_minutes, timezone (the organization''s), capacity, spots_left, is_free, book_until (until when customers may book).
Raises: invalid_input, not_found (also where it is not the caller''s to see).
Rule: contract, section 8.';
