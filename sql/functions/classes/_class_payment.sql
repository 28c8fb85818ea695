-- What covers a person's booking of a class: the method asked for, or the first of membership, package and free that can.
-- No method: nothing covers it; is_used_up: a membership would have, but its period is used up.
-- Error: not_found (a membership or package that is not this person's).
-- Lock (3): the person's memberships and packages.
DROP TYPE IF EXISTS class_payment;
CREATE TYPE class_payment AS (
    method        text,
    membership_id uuid,
    package_id    uuid,
    period_start  date,
    is_used_up    boolean,
    class_limit   integer,
    period_end    date
);
CREATE OR REPLACE FUNCTION _class_payment(p_class class_sessions, p_person_id uuid, p_method text, p_payment_id uuid) RETURNS class_payment
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_payment class_payment;
BEGIN
    IF p_method IN ('card', 'cash') OR (p_method = 'free' AND p_class.is_free) THEN
        v_payment.method := p_method;
        RETURN v_payment;
    END IF;
    IF coalesce(p_method, 'membership') = 'membership' THEN
        v_payment := _covering_membership(p_class, p_person_id, p_payment_id);
    END IF;
    IF v_payment.method IS NULL AND coalesce(p_method, 'package') = 'package' THEN
        v_payment.package_id := _covering_package(p_class, p_person_id, p_payment_id);
        v_payment.method := CASE WHEN v_payment.package_id IS NOT NULL THEN 'package' END;
    END IF;
    IF v_payment.method IS NULL AND p_method IS NULL AND p_class.is_free THEN
        v_payment.method := 'free';
    END IF;
    RETURN v_payment;
END
$$;
REVOKE ALL ON FUNCTION _class_payment FROM PUBLIC, anon, authenticated, service_role;
