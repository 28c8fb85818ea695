-- Where a notification reaches an employee: their account, or their e-mail address while they have none.
-- KEY SHARE keeps the address from being erased before the notification is there to be erased with it.
CREATE OR REPLACE FUNCTION _employee_receiver(p_employee_id uuid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (SELECT jsonb_build_object('user_id', e.user_id, 'address', CASE WHEN e.user_id IS NULL THEN e.email END)
            FROM employees e WHERE e.id = p_employee_id FOR KEY SHARE);
END
$$;
REVOKE ALL ON FUNCTION _employee_receiver FROM PUBLIC, anon, authenticated, service_role;
