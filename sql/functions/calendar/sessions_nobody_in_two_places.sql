-- I5: the one implementation of "take this time for these people". Whoever writes a session that blocks time, by whatever way,
-- finds both people free: of sessions in every role, of others' holds, of time off. The holder's hold is converted.
-- Locks (2): both profiles in id order, which every taker of their time shares. Errors: slot_taken, invalid_input (transaction_isolation).
CREATE OR REPLACE FUNCTION sessions_nobody_in_two_places() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_time    tstzrange;
    v_parties uuid[];
BEGIN
    IF NEW.status NOT IN ('scheduled', 'confirmed', 'in_progress') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.status IN ('scheduled', 'confirmed', 'in_progress')
           AND (NEW.client_id, NEW.therapist_id, NEW.starts_at, NEW.ends_at) = (OLD.client_id, OLD.therapist_id, OLD.starts_at, OLD.ends_at) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM _require_read_committed();
    END IF;
    PERFORM FROM profiles p WHERE p.user_id IN (NEW.client_id, NEW.therapist_id) ORDER BY p.user_id FOR NO KEY UPDATE;
    IF NOT _is_anything_near(NEW.client_id, NEW.therapist_id, NEW.starts_at, NEW.ends_at) THEN
        RETURN NEW;
    END IF;
    v_time := tstzrange(NEW.starts_at, NEW.ends_at);
    v_parties := ARRAY[NEW.client_id, NEW.therapist_id];
    IF v_time && _busy_time(NEW.therapist_id, NEW.starts_at, NEW.ends_at, v_parties, NEW.id)
       OR v_time && _busy_time(NEW.client_id, NEW.starts_at, NEW.ends_at, v_parties, NEW.id) THEN
        PERFORM _fail('slot_taken', 'This time slot is no longer available');
    END IF;
    UPDATE slot_holds h SET status = 'converted'
    WHERE h.practitioner_id = NEW.therapist_id AND h.holder_id = NEW.client_id AND h.status = 'live' AND h.expires_at > now()
      AND tstzrange(h.starts_at, h.ends_at) && v_time;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION sessions_nobody_in_two_places FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION sessions_nobody_in_two_places IS
'Trigger: a session that blocks time finds both people free, in every role (I5). Raises: slot_taken, invalid_input (transaction_isolation).';
CREATE OR REPLACE TRIGGER sessions_nobody_in_two_places
    BEFORE INSERT OR UPDATE ON client_sessions
    FOR EACH ROW EXECUTE FUNCTION sessions_nobody_in_two_places();
