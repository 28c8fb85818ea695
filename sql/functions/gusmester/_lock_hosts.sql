-- Lock (2), people: the hosts of a new session in ascending id order. Errors: invalid_input, not_found, inactive.
CREATE OR REPLACE FUNCTION _lock_hosts(p_host_employee_ids uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_id uuid;
BEGIN
    PERFORM _require_value('p_host_employee_ids', p_host_employee_ids);
    IF cardinality(p_host_employee_ids) > 1000 OR array_ndims(p_host_employee_ids) > 1 OR array_lower(p_host_employee_ids, 1) <> 1
       OR cardinality(p_host_employee_ids) <> (SELECT count(DISTINCT h.id) FROM unnest(p_host_employee_ids) AS h (id)) THEN
        PERFORM _fail('invalid_input', 'p_host_employee_ids is not a list of at most 1000 different ids',
                      '{"parameter": "p_host_employee_ids"}');
    END IF;
    FOR v_id IN SELECT h.id FROM unnest(p_host_employee_ids) AS h (id) ORDER BY h.id LOOP
        PERFORM _require_active_employee(_lock_employee(v_id));
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION _lock_hosts FROM PUBLIC, anon, authenticated, service_role;
