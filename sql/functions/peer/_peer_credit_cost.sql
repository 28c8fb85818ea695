-- What a practitioner's session costs now: their rate for its length, else their credits per hour rounded up, at least 1.
CREATE OR REPLACE FUNCTION _peer_credit_cost(p_practitioner practitioners, p_duration_minutes integer) RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_rate integer;
BEGIN
    SELECT r.credit_cost INTO v_rate FROM credit_rates r
    WHERE r.practitioner_id = p_practitioner.user_id AND r.duration_minutes = p_duration_minutes;
    RETURN coalesce(v_rate, greatest(1, (p_practitioner.credits_per_hour * p_duration_minutes + 59) / 60));
END
$$;
REVOKE ALL ON FUNCTION _peer_credit_cost FROM PUBLIC, anon, authenticated, service_role;
