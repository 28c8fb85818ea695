-- What becomes of a payment event's outcome when its payer is erased: without the payload nothing is tried again.
CREATE OR REPLACE FUNCTION _outcome_when_erased(p_outcome text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path FROM CURRENT
AS $$
    SELECT CASE WHEN p_outcome IN ('waiting', 'unknown_price', 'unknown_user') THEN 'ignored' ELSE p_outcome END
$$;
REVOKE ALL ON FUNCTION _outcome_when_erased FROM PUBLIC, anon, authenticated, service_role;
