-- Whether an account can pay so much. Somebody in debt has nothing available. Error: insufficient_credits (required, available).
CREATE OR REPLACE FUNCTION _check_credits(p_balance bigint, p_required bigint) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_available bigint := greatest(p_balance, 0);
BEGIN
    IF v_available < p_required THEN
        PERFORM _fail('insufficient_credits', format('Insufficient credits. Required: %s, available: %s', p_required, v_available),
                      jsonb_build_object('required', p_required, 'available', v_available));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_credits FROM PUBLIC, anon, authenticated, service_role;
