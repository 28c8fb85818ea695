-- customer.subscription.updated and .deleted keep the subscription's status and period. Events arrive in any order:
-- an older one changes nothing but that it may cancel, and what is canceled stays so. Returns the outcome. The subscription is locked by the caller.
CREATE OR REPLACE FUNCTION _keep_stripe_status(p_subscription subscriptions, p_event jsonb) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_object  jsonb := p_event #> '{data,object}';
    v_item    jsonb := v_object #> '{items,data,0}';
    v_at      timestamptz := _stripe_instant(p_event -> 'created');
    v_status  text := CASE p_event ->> 'type' WHEN 'customer.subscription.deleted' THEN 'canceled' ELSE v_object ->> 'status' END;
    v_is_news boolean := coalesce(p_subscription.status_at <= v_at, true);
BEGIN
    IF v_at IS NULL OR v_status IS NULL OR length(v_status) NOT BETWEEN 1 AND 100 THEN
        RETURN 'malformed';
    END IF;
    IF v_status <> 'canceled' AND (p_subscription.status = 'canceled' OR NOT v_is_news) THEN
        RETURN 'outdated';
    END IF;
    -- Newer events hold the period in the subscription's items.
    UPDATE subscriptions s
    SET status = v_status,
        status_at = greatest(s.status_at, v_at),
        current_period_start = coalesce(
            CASE WHEN v_is_news THEN _stripe_instant(v_item -> 'current_period_start') END,
            CASE WHEN v_is_news THEN _stripe_instant(v_object -> 'current_period_start') END,
            s.current_period_start),
        current_period_end = coalesce(
            CASE WHEN v_is_news THEN _stripe_instant(v_item -> 'current_period_end') END,
            CASE WHEN v_is_news THEN _stripe_instant(v_object -> 'current_period_end') END,
            s.current_period_end)
    WHERE s.id = p_subscription.id;
    RETURN 'status_kept';
END
$$;
REVOKE ALL ON FUNCTION _keep_stripe_status FROM PUBLIC, anon, authenticated, service_role;
