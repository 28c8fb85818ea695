-- Whether p_rules is what set_weekly_availability() takes; nothing is cast before its spelling is known. Error: invalid_input (item, counted from 1).
CREATE OR REPLACE FUNCTION _check_weekly_rules(p_rules jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_place bigint;
BEGIN
    PERFORM _require_value('p_rules', p_rules);
    IF jsonb_typeof(p_rules) <> 'array' OR pg_column_size(p_rules) > 1000000 OR jsonb_array_length(p_rules) > 1000 THEN
        PERFORM _fail('invalid_input', 'p_rules is not an array of at most 1000 rules', '{"parameter": "p_rules"}');
    END IF;
    SELECT e.place INTO v_place
    FROM jsonb_array_elements(p_rules) WITH ORDINALITY AS e (rule, place)
    WHERE NOT _is_weekly_rule(e.rule)
    ORDER BY e.place
    LIMIT 1;
    IF FOUND THEN
        PERFORM _fail('invalid_input', format('Rule %s of p_rules is malformed', v_place), jsonb_build_object('parameter', 'p_rules', 'item', v_place),
                      'A rule has weekday 1 to 7, start_time before end_time as HH:MM, and perhaps valid_from and valid_until as YYYY-MM-DD.');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_weekly_rules FROM PUBLIC, anon, authenticated, service_role;
