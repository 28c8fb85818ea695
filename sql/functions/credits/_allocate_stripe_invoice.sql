-- A paid invoice allocates its plan for its line's period, once however often and by however many events Stripe tells of it.
-- Locks: the account; the subscription is locked by the caller.
DROP TYPE IF EXISTS stripe_outcome;
CREATE TYPE stripe_outcome AS (
    outcome       text,
    allocation_id uuid,
    credits       bigint
);
CREATE OR REPLACE FUNCTION _allocate_stripe_invoice(p_subscription subscriptions, p_invoice jsonb) RETURNS stripe_outcome
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_line       stripe_plan_line := _stripe_plan_line(p_invoice);
    v_allocation credit_allocation_outcome;
    v_outcome    stripe_outcome;
BEGIN
    v_outcome.outcome := CASE
        WHEN jsonb_typeof(p_invoice #> '{lines,data}') IS DISTINCT FROM 'array' THEN 'malformed'
        -- Stripe sends the first lines of a long invoice, prorations before the plan: what it pays for is not known here.
        WHEN v_line.price_id IS NULL AND p_invoice #> '{lines,has_more}' = 'true' THEN 'unknown_price'
        WHEN v_line.price_id IS NULL THEN 'ignored'
        WHEN coalesce(v_line.period_end <= v_line.period_start, true) THEN 'malformed'
        WHEN p_subscription.user_id IS NULL THEN 'waiting'
        WHEN v_line.plan IS NULL THEN 'unknown_price' END;
    IF v_outcome.outcome IS NOT NULL THEN
        RETURN v_outcome;
    END IF;
    v_allocation := _allocate_credits(
        p_subscription.user_id, p_subscription.id, v_line.monthly_credits, 'monthly', v_line.period_start, v_line.period_end);
    v_outcome.allocation_id := v_allocation.allocation_id;
    v_outcome.outcome := CASE v_allocation.allocated WHEN true THEN 'allocated' WHEN false THEN 'already_allocated' ELSE 'period_overlaps' END;
    IF v_allocation.allocated THEN
        v_outcome.credits := v_line.monthly_credits;
        UPDATE subscriptions s
        SET plan = v_line.plan,
            monthly_credits = v_line.monthly_credits,
            status = CASE s.status WHEN 'incomplete' THEN 'active' ELSE s.status END,
            current_period_start = v_line.period_start,
            current_period_end = v_line.period_end
        WHERE s.id = p_subscription.id AND coalesce(s.current_period_start <= v_line.period_start, true);
    END IF;
    RETURN v_outcome;
END
$$;
REVOKE ALL ON FUNCTION _allocate_stripe_invoice FROM PUBLIC, anon, authenticated, service_role;
