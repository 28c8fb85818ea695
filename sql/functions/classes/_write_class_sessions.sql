-- Makes classes of an organization at the given instants. Errors: invalid_input, in_the_past.
CREATE OR REPLACE FUNCTION _write_class_sessions(
    p_organization_id uuid, p_name text, p_starts_at timestamptz[], p_duration_minutes integer, p_capacity integer,
    p_instructor_name text, p_is_free boolean, p_booking_cutoff interval
) RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_cutoff interval := coalesce(p_booking_cutoff, (SELECT s.class_booking_cutoff FROM settings s WHERE s.id));
    v_ids    uuid[];
BEGIN
    IF p_duration_minutes IS NULL OR p_duration_minutes NOT BETWEEN 1 AND 1440 THEN
        PERFORM _fail('invalid_input', 'p_duration_minutes is not between 1 and 1440', '{"parameter": "p_duration_minutes"}');
    END IF;
    PERFORM _require_positive('p_capacity', p_capacity);
    PERFORM _require_value('p_is_free', p_is_free);
    -- Months compare as 30 days, whatever they are: a million of them less as many days would be between the two, and no instant's distance.
    IF v_cutoff NOT BETWEEN interval '0' AND interval '366 days'
       OR date_trunc('month', v_cutoff) <> interval '0' OR extract(day FROM v_cutoff) NOT BETWEEN 0 AND 366 THEN
        PERFORM _fail('invalid_input', 'p_booking_cutoff is not days and hours between 0 and 366 days', '{"parameter": "p_booking_cutoff"}');
    END IF;
    IF p_starts_at[1] <= now() THEN
        PERFORM _fail('in_the_past', 'The class would start in the past');
    END IF;
    WITH made AS (
        INSERT INTO class_sessions (
            id, organization_id, name, instructor_name, starts_at, duration_minutes, capacity, is_free, booking_cutoff)
        SELECT _new_id(), p_organization_id, _require_text('p_name', p_name), _optional_text('p_instructor_name', p_instructor_name),
               s.starts_at, p_duration_minutes, p_capacity, p_is_free, v_cutoff
        FROM unnest(p_starts_at) AS s (starts_at)
        RETURNING id, starts_at
    )
    SELECT array_agg(m.id ORDER BY m.starts_at) INTO v_ids FROM made m;
    RETURN v_ids;
END
$$;
REVOKE ALL ON FUNCTION _write_class_sessions FROM PUBLIC, anon, authenticated, service_role;
