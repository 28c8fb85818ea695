-- An end user makes or updates their own profile row; the e-mail is the one their sign-in vouches for.
-- Rules: for oneself only; an inactive or erased person stays so. Lock (2): the profile.
-- Errors: not_authenticated, not_allowed (the service writes profiles directly), invalid_input, inactive.
DROP TYPE IF EXISTS ensure_profile_result;
CREATE TYPE ensure_profile_result AS (
    success boolean,
    user_id uuid,
    created boolean
);
CREATE OR REPLACE FUNCTION ensure_profile(
    p_full_name text DEFAULT NULL, p_timezone text DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_full_name', left(p_full_name, 10001), 'p_timezone', left(p_timezone, 10001));
    v_replay    json;
    v_result    ensure_profile_result;
    v_user_id   uuid := caller_id();
    v_claims    jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
    v_full_name text;
    v_email     text;
    v_old       profiles;
    v_new       profiles;
BEGIN
    v_replay := _begin_command('ensure_profile', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    IF v_user_id IS NULL THEN
        PERFORM _fail('not_allowed', 'People make their own profile', p_hint => 'The service writes the table profiles directly.');
    END IF;
    v_full_name := _optional_text('p_full_name', p_full_name);
    IF p_timezone IS NOT NULL THEN
        PERFORM _require_timezone('p_timezone', p_timezone);
    END IF;
    -- Whatever the claim holds, only an address is kept.
    IF jsonb_typeof(v_claims -> 'email') = 'string' THEN
        v_email := substring(v_claims ->> 'email' FROM '^[^@[:space:]]{1,200}@[^@[:space:]]{1,119}$');
    END IF;

    INSERT INTO profiles AS p (user_id, full_name, email, timezone)
    VALUES (v_user_id, v_full_name, v_email, coalesce(p_timezone, 'UTC'))
    ON CONFLICT (user_id) DO NOTHING
    RETURNING true INTO v_result.created;
    v_result.created := coalesce(v_result.created, false);

    SELECT * INTO STRICT v_old FROM profiles p WHERE p.user_id = v_user_id FOR NO KEY UPDATE;
    IF NOT v_old.is_active OR v_old.deleted_at IS NOT NULL THEN
        PERFORM _fail('inactive', 'This profile is inactive', jsonb_build_object('user_id', v_user_id));
    END IF;
    v_new := v_old;
    v_new.full_name := coalesce(v_full_name, v_old.full_name);
    v_new.email := coalesce(v_email, v_old.email);
    v_new.timezone := coalesce(p_timezone, v_old.timezone);
    IF v_new IS DISTINCT FROM v_old THEN
        UPDATE profiles p
        SET full_name = v_new.full_name, email = v_new.email, timezone = v_new.timezone
        WHERE p.user_id = v_user_id;
    END IF;

    IF v_result.created OR v_new IS DISTINCT FROM v_old THEN
        PERFORM _audit('ensure_profile', 'profile', v_user_id);
    END IF;
    v_result.success := true;
    v_result.user_id := v_user_id;
    RETURN _finish_command('ensure_profile', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION ensure_profile FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION ensure_profile TO authenticated, service_role;
COMMENT ON FUNCTION ensure_profile IS
'Makes the calling end user''s profile row, or updates what is given; the e-mail comes from the token''s email claim.
p_full_name: text of at most 10000 characters. p_timezone: IANA name, default UTC. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, user_id, created}. created is false when the profile existed.
Raises: not_authenticated, not_allowed (called by the service), invalid_input, inactive, idempotency_conflict.
Rule: contract, sections 2 and 4.';
