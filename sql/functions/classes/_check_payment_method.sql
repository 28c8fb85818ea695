-- The payment parameters of create_class_booking(). Errors: invalid_input, not_allowed (cash is for staff), not_found (not this person's).
CREATE OR REPLACE FUNCTION _check_payment_method(p_payment_method text, p_payment_id uuid, p_person_id uuid, p_is_staff boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_payment_method NOT IN ('membership', 'package', 'free', 'card', 'cash') THEN
        PERFORM _fail('invalid_input', 'p_payment_method is not membership, package, free, card or cash', '{"parameter": "p_payment_method"}');
    END IF;
    IF p_payment_method = 'cash' AND NOT p_is_staff THEN
        PERFORM _fail('not_allowed', 'Only staff take cash');
    END IF;
    IF p_payment_id IS NULL THEN
        RETURN;
    END IF;
    IF p_payment_method IS NULL OR p_payment_method NOT IN ('membership', 'package') THEN
        PERFORM _fail('invalid_input', 'p_payment_id goes with the payment method membership or package', '{"parameter": "p_payment_id"}');
    END IF;
    PERFORM FROM memberships m WHERE p_payment_method = 'membership' AND m.id = p_payment_id AND m.person_id = p_person_id
    UNION ALL
    SELECT FROM packages k WHERE p_payment_method = 'package' AND k.id = p_payment_id AND k.person_id = p_person_id;
    IF NOT FOUND THEN
        PERFORM _fail('not_found', format('No such %s of this person', p_payment_method),
                      jsonb_build_object('entity', p_payment_method, 'id', p_payment_id));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_payment_method FROM PUBLIC, anon, authenticated, service_role;
