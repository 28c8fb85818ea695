-- Where a request comes from: the settings.trusted_proxies-th element of x-forwarded-for from the right, else the connection's own address;
-- empty on a Unix socket. As _network_of() counts it. What stands further left was written by the caller.
CREATE OR REPLACE FUNCTION _network_address() RETURNS text
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_proxies   integer := (SELECT s.trusted_proxies FROM settings s WHERE s.id);
    v_forwarded text[] := string_to_array(nullif(current_setting('request.headers', true), '')::json ->> 'x-forwarded-for', ',');
    v_address   text;
BEGIN
    IF v_proxies > 0 THEN
        v_address := nullif(btrim(v_forwarded[cardinality(v_forwarded) - v_proxies + 1]), '');
    END IF;
    RETURN left(_network_of(coalesce(v_address, host(inet_client_addr()), '')), 100);
END
$$;
REVOKE ALL ON FUNCTION _network_address FROM PUBLIC, anon, authenticated, service_role;
