-- Gives the use of a membership or package back, once. Returns whether there was one to give back. Lock (3): the package.
CREATE OR REPLACE FUNCTION _return_use(p_booking_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_returned boolean;
BEGIN
    UPDATE membership_usage u SET returned_at = now() WHERE u.booking_id = p_booking_id AND u.returned_at IS NULL;
    v_returned := FOUND;
    UPDATE package_usage u SET returned_at = now() WHERE u.booking_id = p_booking_id AND u.returned_at IS NULL;
    RETURN v_returned OR FOUND;
END
$$;
REVOKE ALL ON FUNCTION _return_use FROM PUBLIC, anon, authenticated, service_role;
