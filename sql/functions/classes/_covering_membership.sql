-- The first membership of a person that covers a class and is not used up in its period; the one that ends first comes first.
-- Lock (3): the person's memberships in ascending id order, so that two bookings of one person never wait for each other.
CREATE OR REPLACE FUNCTION _covering_membership(p_class class_sessions, p_person_id uuid, p_membership_id uuid) RETURNS class_payment
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_timezone   text;
    v_day        date;
    v_payment    class_payment;
    v_membership memberships;
BEGIN
    -- By the id's text: planned for while the table is empty, the primary key's order would read all of it.
    PERFORM FROM memberships m WHERE m.person_id = p_person_id ORDER BY m.id::text COLLATE "C" FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN v_payment;
    END IF;
    SELECT o.timezone INTO STRICT v_timezone FROM organizations o WHERE o.id = p_class.organization_id;
    v_day := (p_class.starts_at AT TIME ZONE v_timezone)::date;
    FOR v_membership IN
        SELECT * FROM memberships m
        WHERE m.person_id = p_person_id AND m.status = 'active' AND m.starts_on <= v_day AND coalesce(m.ends_on >= v_day, true)
          AND coalesce(m.id = p_membership_id, true)
        ORDER BY m.ends_on, m.id
    LOOP
        v_payment.period_start := _membership_period(v_membership.period, p_class.starts_at, v_timezone);
        IF v_membership.class_limit IS NULL
           OR _membership_uses(v_membership.id, v_payment.period_start) < v_membership.class_limit THEN
            v_payment.method := 'membership';
            v_payment.membership_id := v_membership.id;
            RETURN v_payment;
        END IF;
        v_payment.is_used_up := true;
        v_payment.class_limit := v_membership.class_limit;
        v_payment.period_end := v_payment.period_start + ('1 ' || v_membership.period)::interval - interval '1 day';
    END LOOP;
    RETURN v_payment;
END
$$;
REVOKE ALL ON FUNCTION _covering_membership FROM PUBLIC, anon, authenticated, service_role;
