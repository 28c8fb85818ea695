-- What every Stripe event has: an id, a type and an object that it tells of. Error: invalid_input.
CREATE OR REPLACE FUNCTION _check_stripe_event(p_event jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _require_value('p_event', p_event);
    IF coalesce(jsonb_typeof(p_event -> 'id') <> 'string' OR length(p_event ->> 'id') NOT BETWEEN 1 AND 255
                OR jsonb_typeof(p_event -> 'type') <> 'string' OR length(p_event ->> 'type') NOT BETWEEN 1 AND 255
                OR jsonb_typeof(p_event #> '{data,object}') <> 'object', true) THEN
        PERFORM _fail('invalid_input', 'p_event is not a Stripe event: it needs id, type and data.object', '{"parameter": "p_event"}',
                      'Pass the JSON that Stripe sent, whole and unchanged.');
    END IF;
    IF pg_column_size(p_event) > 1000000 THEN
        PERFORM _fail('invalid_input', 'p_event is larger than 1000000 bytes', '{"parameter": "p_event"}');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_stripe_event FROM PUBLIC, anon, authenticated, service_role;
