-- Whether an amount is of the sign that its type of entry has. Error: invalid_input.
CREATE OR REPLACE FUNCTION _check_entry_amount(p_type text, p_amount integer) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_sign integer := CASE
        WHEN p_type IN ('session_earning', 'refund', 'credit_purchase', 'bonus') THEN 1
        WHEN p_type IN ('session_payment', 'session_earning_reversal', 'expiry') THEN -1
        WHEN p_type = 'adjustment' THEN coalesce(sign(p_amount), 0) END;
BEGIN
    IF p_type = 'transfer' THEN
        PERFORM _fail('invalid_input', 'A transfer has two sides', '{"parameter": "p_transaction_type"}', 'Call credits_transfer().');
    END IF;
    IF v_sign IS NULL THEN
        PERFORM _fail('invalid_input', 'p_transaction_type is not one of session_payment, session_earning, '
                      'session_earning_reversal, refund, credit_purchase, bonus, adjustment and expiry', '{"parameter": "p_transaction_type"}');
    END IF;
    IF p_amount IS NULL OR p_amount = 0 OR sign(p_amount) <> v_sign THEN
        PERFORM _fail('invalid_input', format('p_amount of a %s is a whole number %s', p_type,
                      CASE v_sign WHEN 1 THEN 'above 0' WHEN -1 THEN 'below 0' ELSE 'other than 0' END), '{"parameter": "p_amount"}');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_entry_amount FROM PUBLIC, anon, authenticated, service_role;
