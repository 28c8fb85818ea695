-- run_maintenance(): cancels card bookings that nobody paid in time, gives free places to those who wait, closes the waitlists of classes
-- that have begun, and forgets network addresses once the widget's rate limit does not count them any more.
-- Locks: the organization and the class where nobody holds them, then as cancel_class_booking().
CREATE OR REPLACE FUNCTION _classes_maintenance(p_limit integer) RETURNS TABLE (task text, done bigint)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_id       uuid;
    v_class_id uuid;
    v_promoted uuid[];
BEGIN
    task := 'unpaid_bookings_cancelled';
    done := 0;
    FOR v_id, v_class_id IN
        SELECT b.id, b.class_session_id
        FROM bookings b
        JOIN class_sessions c ON c.id = b.class_session_id
        WHERE b.payment_method = 'card' AND b.payment_status IN ('pending', 'failed') AND b.booking_status = 'confirmed'
          AND b.created_at <= now() - (SELECT s.card_payment_window FROM settings s WHERE s.id)
          AND c.starts_at > now()
        ORDER BY b.created_at LIMIT p_limit
    LOOP
        CONTINUE WHEN NOT _try_lock_class(v_class_id);
        -- Paid or cancelled meanwhile: left alone.
        PERFORM FROM bookings b
        WHERE b.id = v_id AND b.payment_status IN ('pending', 'failed') AND b.booking_status = 'confirmed'
        FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        PERFORM _cancel_booking(v_id, 'Not paid in time', true);
        v_promoted := _promote_waitlist(v_class_id);
        PERFORM _audit('cancel_unpaid_booking', 'class_booking', v_id, jsonb_build_object(
            'class_session_id', v_class_id, 'promoted_booking_id', v_promoted[1]));
        done := done + 1;
    END LOOP;
    RETURN NEXT;
    task := 'waitlist_promoted';
    done := 0;
    FOR v_class_id IN
        SELECT d.id FROM (
            SELECT c.id, c.starts_at FROM class_sessions c
            WHERE c.id IN (SELECT w.class_session_id FROM class_waitlist w WHERE w.status = 'waiting')
              AND c.taken < c.capacity AND c.status = 'scheduled' AND c.starts_at - c.booking_cutoff >= now()
            -- Drawn: classes whose waiting people nothing covers would keep the others waiting for ever.
            ORDER BY random() LIMIT p_limit) d
        ORDER BY d.starts_at
    LOOP
        CONTINUE WHEN NOT _try_lock_class(v_class_id);
        v_promoted := _promote_waitlist(v_class_id);
        CONTINUE WHEN v_promoted = '{}';
        PERFORM _audit('promote_class_waitlist', 'class_session', v_class_id, jsonb_build_object('bookings', cardinality(v_promoted)));
        done := done + cardinality(v_promoted);
    END LOOP;
    RETURN NEXT;
    task := 'waitlist_closed';
    UPDATE class_waitlist w SET status = 'closed' WHERE w.id IN (
        SELECT o.id FROM class_waitlist o
        JOIN class_sessions c ON c.id = o.class_session_id
        WHERE o.status = 'waiting' AND c.starts_at <= now()
        LIMIT p_limit FOR NO KEY UPDATE OF o SKIP LOCKED);
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN NEXT;
    task := 'network_addresses_forgotten';
    UPDATE bookings b SET network_address = NULL WHERE b.id IN (
        SELECT o.id FROM bookings o
        WHERE o.network_address IS NOT NULL AND o.created_at <= now() - (SELECT s.widget_rate_window FROM settings s WHERE s.id)
        LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION _classes_maintenance FROM PUBLIC, anon, authenticated, service_role;
