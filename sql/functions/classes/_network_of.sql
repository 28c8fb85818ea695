-- What counts as one network address: without a port; of IPv6 the /64, which is one household's, or one server's, to choose from.
-- Whatever is neither stays as it is.
CREATE OR REPLACE FUNCTION _network_of(p_address text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_parts   text[] := regexp_match(p_address, '^(?:[[]([^]]*)[]](?::[0-9]+)?|([^:]*):[0-9]+|::ffff:([0-9]+[.][0-9]+[.][0-9]+[.][0-9]+))$', 'i');
    v_address text := lower(coalesce(v_parts[1], v_parts[2], v_parts[3], p_address));
    v_left    text[];
    v_right   text[];
BEGIN
    IF v_address !~ '^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:]*$' OR length(v_address) > 39 THEN
        RETURN v_address;
    END IF;
    v_left := string_to_array(split_part(v_address, '::', 1), ':');
    v_right := string_to_array(split_part(v_address, '::', 2), ':');
    v_left := (v_left || array_fill('0'::text, ARRAY[greatest(8 - cardinality(v_left) - cardinality(v_right), 0)]) || v_right)[1:4];
    RETURN (SELECT string_agg(coalesce(nullif(ltrim(g.part, '0'), ''), '0'), ':' ORDER BY g.place) || '::/64'
            FROM unnest(v_left) WITH ORDINALITY AS g (part, place));
END
$$;
REVOKE ALL ON FUNCTION _network_of FROM PUBLIC, anon, authenticated, service_role;
