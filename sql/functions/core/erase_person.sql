-- Removes what identifies a person everywhere and keeps ids, amounts and times, so that every invariant still holds.
-- Each module contributes _<module>_person_emails(user), _<module>_person_rows(user, emails),
-- _<module>_lock_person(rows) and _<module>_erase_person(user, emails).
-- Locks: the person's idempotency keys, things and people of each module, then the profile, all before the first write.
-- Errors: invalid_input, not_authenticated, not_allowed, not_found.
DROP TYPE IF EXISTS erase_person_result;
CREATE TYPE erase_person_result AS (
    success boolean,
    user_id uuid,
    erased  boolean
);
CREATE OR REPLACE FUNCTION erase_person(p_user_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_user_id', p_user_id);
    v_replay    json;
    v_result    erase_person_result;
    v_function  text;
    v_emails    text[];
    v_traces    uuid[];
    v_rows      integer;
    v_known     boolean := false;
    v_changed   integer := 0;
BEGIN
    v_replay := _begin_command('erase_person', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_service();
    PERFORM _require_value('p_user_id', p_user_id);

    PERFORM FROM idempotency_keys k WHERE k.caller = 'user:' || p_user_id ORDER BY k.function_name, k.key FOR NO KEY UPDATE;
    LOOP
        v_emails := _person_emails(p_user_id);
        v_traces := _person_rows(p_user_id, v_emails);
        BEGIN
            PERFORM _lock_person(v_traces);
            -- Somebody without a profile gets one that says they are gone, so that ensure_profile() does not bring them back.
            INSERT INTO profiles (user_id) VALUES (p_user_id) ON CONFLICT (user_id) DO NOTHING;
            v_known := NOT FOUND;
            PERFORM FROM profiles p WHERE p.user_id = p_user_id FOR NO KEY UPDATE;
            EXIT WHEN _person_emails(p_user_id) <@ v_emails AND _person_rows(p_user_id, v_emails) <@ v_traces;
            RAISE EXCEPTION USING ERRCODE = 'BKGRO', MESSAGE = 'More became known of this person while their rows were locked';
        EXCEPTION
            -- The locks are given back, so that all of them can be taken again in their order.
            WHEN SQLSTATE 'BKGRO' THEN
                CONTINUE;
        END;
    END LOOP;

    UPDATE profiles p
    SET full_name = NULL, email = NULL, timezone = 'UTC', is_active = false, deleted_at = coalesce(p.deleted_at, now())
    WHERE p.user_id = p_user_id
      AND (p.full_name IS NOT NULL OR p.email IS NOT NULL OR p.timezone <> 'UTC' OR p.is_active OR p.deleted_at IS NULL);
    GET DIAGNOSTICS v_changed = ROW_COUNT;
    FOREACH v_function IN ARRAY _module_functions('erase_person') LOOP
        -- NULL: the module does not know this person.
        EXECUTE format('SELECT %I($1, $2)', v_function) INTO v_rows USING p_user_id, v_emails;
        v_known := v_known OR v_rows IS NOT NULL;
        v_changed := v_changed + coalesce(v_rows, 0);
    END LOOP;
    IF NOT v_known THEN
        PERFORM _fail('not_found', 'No such person', jsonb_build_object('entity', 'profile', 'id', p_user_id));
    END IF;
    -- What the person chose as keys may identify them too.
    DELETE FROM idempotency_keys k WHERE k.caller = 'user:' || p_user_id;

    v_result.erased := v_changed > 0 OR FOUND;
    IF v_result.erased THEN
        PERFORM _audit('erase_person', 'profile', p_user_id);
    END IF;
    v_result.success := true;
    v_result.user_id := p_user_id;
    RETURN _finish_command('erase_person', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION erase_person FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION erase_person TO service_role;
COMMENT ON FUNCTION erase_person IS
'Removes what identifies a person (names, e-mail addresses, phone numbers, payloads) everywhere and deactivates them; ids, amounts and times stay. Erasing again changes nothing. For the service.
p_user_id: uuid of the person; employees and guests are also found by the person''s e-mail addresses. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, user_id, erased}. erased is false when nothing was left to remove.
Raises: invalid_input, not_authenticated, not_allowed, not_found, idempotency_conflict.
Rule: contract, section 4.';
