-- What a peer session with a practitioner costs.
CREATE OR REPLACE FUNCTION get_practitioner_credit_cost(p_practitioner_id uuid, p_duration_minutes int) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    PERFORM _require_caller();
    PERFORM _require_value('p_practitioner_id', p_practitioner_id);
    PERFORM _require_session_minutes(p_duration_minutes);
    RETURN _peer_credit_cost(_require_practitioner(p_practitioner_id), p_duration_minutes);
END
$$;
REVOKE ALL ON FUNCTION get_practitioner_credit_cost FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION get_practitioner_credit_cost TO authenticated, service_role;
COMMENT ON FUNCTION get_practitioner_credit_cost IS
'What a peer session with a practitioner costs: their rate for its length, else their credits per hour times the length, rounded up, at least 1.
p_practitioner_id: uuid of a practitioner. p_duration_minutes: 15 to 180.
Returns: credits.
Raises: invalid_input, not_authenticated, not_found, not_a_practitioner, inactive (user_id).
Rule: contract, section 7.';
