-- What a widget booking is answered with: the same for the same class and address, and nothing that could be guessed or looked up.
CREATE OR REPLACE FUNCTION _widget_receipt(p_class_session_id uuid, p_email text) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN encode(sha256(convert_to(
        (SELECT s.widget_secret FROM settings s WHERE s.id) || ' ' || p_class_session_id || ' ' || lower(p_email), 'UTF8')), 'hex');
END
$$;
REVOKE ALL ON FUNCTION _widget_receipt FROM PUBLIC, anon, authenticated, service_role;
