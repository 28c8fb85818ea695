-- Tells everybody who has booked a class, or waits for one, that it does not take place. Lock (2): these customers, in ascending id order.
CREATE OR REPLACE FUNCTION _tell_class_cancelled(p_class class_sessions, p_reason text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_payload jsonb := jsonb_build_object(
        'name', p_class.name, 'starts_at', p_class.starts_at, 'organization_id', p_class.organization_id, 'reason', p_reason,
        'timezone', (SELECT o.timezone FROM organizations o WHERE o.id = p_class.organization_id));
    v_persons uuid[] := ARRAY(
        SELECT b.person_id FROM bookings b
        WHERE b.class_session_id = p_class.id AND b.booking_status <> 'cancelled'
        UNION
        SELECT w.person_id FROM class_waitlist w WHERE w.class_session_id = p_class.id AND w.status = 'waiting');
BEGIN
    -- By the id's text: planned for while the tables are empty, the primary key's order would read all of them.
    PERFORM FROM leads l WHERE l.person_id = ANY (v_persons) ORDER BY l.id::text COLLATE "C" FOR NO KEY UPDATE;
    PERFORM FROM clients c WHERE c.person_id = ANY (v_persons) ORDER BY c.id::text COLLATE "C" FOR NO KEY UPDATE;
    PERFORM _queue_notifications((
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'type', 'class_cancelled', 'user_id', c.user_id, 'address', coalesce(c.email, l.email), 'session_id', p_class.id,
            'payload', v_payload)), '[]')
        FROM unnest(v_persons) AS p (id)
        LEFT JOIN LATERAL (SELECT k.user_id, k.email FROM clients k WHERE k.person_id = p.id LIMIT 1) c ON true
        LEFT JOIN LATERAL (SELECT d.email FROM leads d WHERE d.person_id = p.id LIMIT 1) l ON true));
END
$$;
REVOKE ALL ON FUNCTION _tell_class_cancelled FROM PUBLIC, anon, authenticated, service_role;
