-- Who has a place in a class, for those who work there.
CREATE OR REPLACE FUNCTION class_roster(p_class_session_id uuid)
RETURNS TABLE (
    booking_id uuid, customer_type text, customer_id uuid, name text, email text, phone text,
    booking_status text, payment_status text, payment_method text, source text, booked_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    PERFORM _class_of_staff(p_class_session_id);
    RETURN QUERY
        SELECT b.id, CASE WHEN b.client_id IS NULL THEN 'lead' ELSE 'client' END, coalesce(b.client_id, b.customer_id),
               coalesce(c.name, l.name), coalesce(c.email, l.email), coalesce(c.phone, l.phone),
               b.booking_status, b.payment_status, b.payment_method, b.source, b.created_at
        FROM bookings b
        LEFT JOIN clients c ON c.id = b.client_id
        LEFT JOIN leads l ON l.id = b.customer_id
        WHERE b.class_session_id = p_class_session_id AND b.booking_status <> 'cancelled'
        ORDER BY coalesce(c.name, l.name), b.id;
END
$$;
REVOKE ALL ON FUNCTION class_roster FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION class_roster TO authenticated, service_role;
COMMENT ON FUNCTION class_roster IS
'Who has a place in a class, by name, cancelled bookings apart. For staff and the service.
p_class_session_id: uuid.
Returns: booking_id, customer_type (client or lead), customer_id, name, email, phone (may be NULL), booking_status (bookings.booking_status), payment_status (bookings.payment_status), payment_method (bookings.payment_method, may be NULL), source (bookings.source), booked_at.
Raises: invalid_input, not_authenticated, not_found (also another organization''s).
Rule: contract, section 8.';
