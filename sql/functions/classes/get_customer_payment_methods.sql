-- What a customer can pay a class with: memberships, with what is left of this period, and packages.
CREATE OR REPLACE FUNCTION get_customer_payment_methods(
    p_customer_id uuid, p_organization_id uuid, p_customer_type text DEFAULT 'client'
) RETURNS TABLE (id uuid, type text, name text, description text, remaining integer, is_available boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_person_id uuid;
    v_timezone  text := (SELECT o.timezone FROM organizations o WHERE o.id = p_organization_id);
BEGIN
    PERFORM _require_caller();
    v_person_id := (_acting_customer(p_organization_id, p_customer_id, p_customer_type, _is_staff(p_organization_id))).person_id;
    RETURN QUERY
        SELECT m.id, 'membership', m.name,
               CASE WHEN m.class_limit IS NULL THEN 'Unlimited classes' ELSE format('%s classes a %s', m.class_limit, m.period) END
                   || coalesce(to_char(m.ends_on, '", until "YYYY-MM-DD'), ''),
               u.remaining,
               coalesce(u.remaining > 0, true) AND m.status = 'active' AND m.starts_on <= t.today AND coalesce(m.ends_on >= t.today, true)
        FROM memberships m
        CROSS JOIN (SELECT (now() AT TIME ZONE v_timezone)::date) AS t (today)
        CROSS JOIN LATERAL (
            SELECT m.class_limit - (SELECT count(*)::integer FROM membership_usage x
                                    WHERE x.membership_id = m.id AND x.returned_at IS NULL
                                      AND x.period_start = _membership_period(m.period, now(), v_timezone))
        ) AS u (remaining)
        WHERE m.person_id = v_person_id AND m.status = 'active'
        UNION ALL
        SELECT k.id, 'package', k.name,
               format('%s of %s classes left', k.classes_total - k.classes_used, k.classes_total)
                   || coalesce(to_char(k.expires_at AT TIME ZONE v_timezone, '", until "YYYY-MM-DD'), ''),
               k.classes_total - k.classes_used,
               k.classes_used < k.classes_total AND coalesce(k.expires_at > now(), true)
        FROM packages k
        WHERE k.person_id = v_person_id
        ORDER BY 2, 3, 1;
END
$$;
REVOKE ALL ON FUNCTION get_customer_payment_methods FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION get_customer_payment_methods TO authenticated, service_role;
COMMENT ON FUNCTION get_customer_payment_methods IS
'The memberships and packages of a client or a lead: for the client, and for staff and the service.
p_customer_id: uuid of the client or lead. p_organization_id: uuid. p_customer_type: one of client, lead.
Returns: id (the p_payment_id of create_class_booking), type (membership or package), name, description (in words), remaining (classes left, of a membership this period; NULL: unlimited), is_available (whether it covers a class now).
Raises: invalid_input, not_authenticated, not_allowed, not_found.
Rule: contract, section 8.';
