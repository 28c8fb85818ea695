-- Whether a class has a place left. Error: class_full (capacity).
CREATE OR REPLACE FUNCTION _check_class_not_full(p_class class_sessions) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_class.taken >= p_class.capacity THEN
        PERFORM _fail('class_full', 'This class is full', jsonb_build_object('capacity', p_class.capacity));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_class_not_full FROM PUBLIC, anon, authenticated, service_role;
