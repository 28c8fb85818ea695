-- Nothing covers a booking. Errors: limit_reached (limit, period_end) where a used-up membership was all there was, else payment_required.
CREATE OR REPLACE FUNCTION _refuse_class_payment(p_payment class_payment) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_payment.is_used_up THEN
        PERFORM _fail('limit_reached', 'The membership is used up for this period',
                      jsonb_build_object('limit', p_payment.class_limit, 'period_end', p_payment.period_end));
    END IF;
    PERFORM _fail('payment_required', 'No membership, package or free class covers this booking');
END
$$;
REVOKE ALL ON FUNCTION _refuse_class_payment FROM PUBLIC, anon, authenticated, service_role;
