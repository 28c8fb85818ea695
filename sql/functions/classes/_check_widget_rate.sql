-- How often the widget books for a network address and for an e-mail address. Error: rate_limited (limit).
-- The advisory locks make calls for one address count one by one; counted is what was booked, so that a refusal leaves nothing behind.
CREATE OR REPLACE FUNCTION _check_widget_rate(p_address text, p_organization_id uuid, p_email text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_settings settings;
    v_since    timestamptz;
    v_persons  uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('bookingdb widget address ' || p_address, 0));
    PERFORM pg_advisory_xact_lock(hashtextextended('bookingdb widget email ' || p_email, 0));
    SELECT * INTO STRICT v_settings FROM settings s WHERE s.id;
    v_since := now() - v_settings.widget_rate_window;
    PERFORM FROM bookings b WHERE b.network_address = p_address AND b.created_at > v_since
    OFFSET v_settings.widget_bookings_per_address - 1 LIMIT 1;
    IF FOUND THEN
        PERFORM _fail('rate_limited', 'Too many bookings from this network address',
                      jsonb_build_object('limit', v_settings.widget_bookings_per_address));
    END IF;
    -- First who, then their bookings: a join planned for the empty table would read everybody's.
    v_persons := ARRAY(
        SELECT l.person_id FROM leads l WHERE l.organization_id = p_organization_id AND lower(l.email) = p_email
        UNION ALL
        SELECT c.person_id FROM clients c WHERE c.organization_id = p_organization_id AND lower(c.email) = p_email);
    PERFORM FROM bookings b
    WHERE b.person_id = ANY (v_persons)
      AND b.source = 'widget' AND b.created_at > v_since
    OFFSET v_settings.widget_bookings_per_email - 1 LIMIT 1;
    IF FOUND THEN
        PERFORM _fail('rate_limited', 'Too many bookings for this e-mail address',
                      jsonb_build_object('limit', v_settings.widget_bookings_per_email));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_widget_rate FROM PUBLIC, anon, authenticated, service_role;
