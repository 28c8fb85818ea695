-- What a Stripe invoice pays for: the plan and period of its subscription line that is no proration. Of several lines, the first of a plan we know.
-- Older invoices say it on the line itself, newer ones in its parent and pricing.
-- No price_id: the invoice has no such line. No plan: its price is unknown.
DROP TYPE IF EXISTS stripe_plan_line;
CREATE TYPE stripe_plan_line AS (
    price_id        text,
    plan            text,
    monthly_credits integer,
    period_start    timestamptz,
    period_end      timestamptz
);
CREATE OR REPLACE FUNCTION _stripe_plan_line(p_invoice jsonb) RETURNS stripe_plan_line
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_lines jsonb := p_invoice #> '{lines,data}';
    v_line  stripe_plan_line;
BEGIN
    IF jsonb_typeof(v_lines) <> 'array' THEN
        RETURN NULL;
    END IF;
    SELECT l.price_id, p.plan, p.monthly_credits, _stripe_instant(l.line #> '{period,start}'), _stripe_instant(l.line #> '{period,end}')
    INTO v_line
    FROM (
        SELECT e.line, e.place,
               coalesce(_stripe_id(e.line #> '{pricing,price_details,price}'), _stripe_id(e.line -> 'price'), _stripe_id(e.line -> 'plan'))
        FROM jsonb_array_elements(v_lines) WITH ORDINALITY AS e (line, place)
        WHERE (e.line ->> 'type' = 'subscription' OR jsonb_typeof(e.line #> '{parent,subscription_item_details}') = 'object')
          AND coalesce(e.line #> '{parent,subscription_item_details,proration}', e.line -> 'proration', 'false') <> 'true'
    ) AS l (line, place, price_id)
    LEFT JOIN subscription_plans p ON p.stripe_price_id = l.price_id
    WHERE l.price_id IS NOT NULL
    ORDER BY p.plan IS NULL, l.place
    LIMIT 1;
    RETURN v_line;
END
$$;
REVOKE ALL ON FUNCTION _stripe_plan_line FROM PUBLIC, anon, authenticated, service_role;
