-- How often a membership was used in a period, uses that were given back apart.
CREATE OR REPLACE FUNCTION _membership_uses(p_membership_id uuid, p_period_start date) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (SELECT count(*) FROM membership_usage u
            WHERE u.membership_id = p_membership_id AND u.period_start = p_period_start AND u.returned_at IS NULL);
END
$$;
REVOKE ALL ON FUNCTION _membership_uses FROM PUBLIC, anon, authenticated, service_role;
