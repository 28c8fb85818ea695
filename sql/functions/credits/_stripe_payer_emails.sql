-- Every address in a Stripe event, in lower case: whatever field's name ends in email, as deep as Stripe has any. No deeper: without an end
-- the path would take minutes for what is nested thousands of times.
CREATE OR REPLACE FUNCTION _stripe_payer_emails(p_event jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path FROM CURRENT
AS $$
    SELECT ARRAY(
        SELECT DISTINCT left(lower(btrim(f.field #>> '{}')), 320)
        FROM jsonb_path_query(
            p_event, '$.data.**{1 to 5} ? (@.type() == "object").keyvalue() ? (@.key like_regex "email$").value ? (@ like_regex "@")') AS f (field))
$$;
REVOKE ALL ON FUNCTION _stripe_payer_emails FROM PUBLIC, anon, authenticated, service_role;
