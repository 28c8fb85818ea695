-- Whether an end user may send credits: their own, where the setting lets them. Error: not_allowed.
CREATE OR REPLACE FUNCTION _check_user_transfer(p_from_user_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT (SELECT s.allow_user_transfers FROM settings s WHERE s.id) THEN
        PERFORM _fail('not_allowed', 'Users do not transfer credits here', p_hint => 'Ask the service.');
    END IF;
    IF p_from_user_id <> caller_id() THEN
        PERFORM _fail('not_allowed', 'You may send your own credits only');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_user_transfer FROM PUBLIC, anon, authenticated, service_role;
