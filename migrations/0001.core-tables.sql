-- Core: who people are, the settings, idempotency keys, the audit log, and the deployer's own records.

CREATE TABLE applied_migrations (
    migration_id text        PRIMARY KEY,
    applied_at   timestamptz NOT NULL DEFAULT now(),
    checksum     text
);
COMMENT ON TABLE applied_migrations IS
    'One row per migration, written by the migration itself and so committed with its tables; checksum (sha-256 of the file) is added by bookingdb migrate.';

CREATE TABLE function_versions (
    id                  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind                text        NOT NULL CHECK (kind IN ('function', 'constraint', 'policy')),
    module              text        NOT NULL,
    name                text        NOT NULL,
    version             integer     NOT NULL CHECK (version > 0),
    action              text        NOT NULL CHECK (action IN ('created', 'changed', 'restored', 'dropped')),
    file_checksum       text        NOT NULL,
    definition_checksum text        NOT NULL,
    definition          text        NOT NULL,
    objects             jsonb       NOT NULL,
    package_version     text        NOT NULL,
    applied_at          timestamptz NOT NULL DEFAULT now(),
    applied_by          text        NOT NULL DEFAULT session_user,
    UNIQUE (kind, module, name, version)
);
COMMENT ON TABLE function_versions IS
    'Append-only history of every function, constraint and policy file: what was deployed, from which file, and how the database printed it afterwards.';

CREATE TABLE settings (
    id                  boolean  PRIMARY KEY DEFAULT true CHECK (id),
    idempotency_key_ttl interval NOT NULL DEFAULT '30 days'
        CHECK (idempotency_key_ttl BETWEEN interval '1 hour' AND interval '366 days')
);
COMMENT ON TABLE settings IS 'The one row of numbers an installation may change; each module adds its columns. Read it WHERE id: functions that write switch sequential scans off.';
COMMENT ON COLUMN settings.idempotency_key_ttl IS 'How long a key replays its first result.';
INSERT INTO settings DEFAULT VALUES;

CREATE TABLE profiles (
    user_id    uuid        PRIMARY KEY,
    full_name  text        CHECK (length(full_name) <= 10000),
    email      text        CHECK (length(email) <= 320),
    timezone   text        NOT NULL DEFAULT 'UTC' CHECK (length(timezone) <= 100),
    is_active  boolean     NOT NULL DEFAULT true,
    deleted_at timestamptz
);
COMMENT ON TABLE profiles IS 'People with a login; user_id is the sub of their JWT.';
COMMENT ON COLUMN profiles.timezone IS 'IANA name, e.g. Europe/Oslo.';
COMMENT ON COLUMN profiles.deleted_at IS 'When the person was erased; the row stays so that ledgers keep their ids.';

CREATE TABLE idempotency_keys (
    caller         text        NOT NULL,
    function_name  text        NOT NULL,
    key            text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    arguments_hash bytea       NOT NULL,
    result         json,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, function_name, key)
);
-- run_maintenance(): keys that have expired.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
COMMENT ON TABLE idempotency_keys IS 'What a command answered to a key; the row commits with the effect, so a failed call leaves its key free.';
COMMENT ON COLUMN idempotency_keys.caller IS 'user:<uuid>, service, or anonymous:<hash of the arguments>: keys of two callers never meet.';
COMMENT ON COLUMN idempotency_keys.result IS 'json, not jsonb: a replay is the very same text.';

CREATE TABLE audit_log (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    actor_id  uuid,
    action    text        NOT NULL,
    entity    text        NOT NULL,
    entity_id text        NOT NULL,
    details   jsonb       NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE audit_log IS
    'One row per command that changed something; append-only. Holds ids, amounts and times, never names, addresses or free text.';
COMMENT ON COLUMN audit_log.actor_id IS 'The end user who called; NULL for the service and for anonymous callers.';
-- booking_stats() reads a period; rows arrive in time order, so a block range index serves at next to no cost per row.
CREATE INDEX audit_log_at ON audit_log USING brin (at);

-- Refusals per reason: a sequence survives the rollback of the refusing transaction.
CREATE SEQUENCE refusals_invalid_input;
CREATE SEQUENCE refusals_not_authenticated;
CREATE SEQUENCE refusals_insufficient_points;
CREATE SEQUENCE refusals_insufficient_credits;
CREATE SEQUENCE refusals_payment_required;
CREATE SEQUENCE refusals_not_allowed;
CREATE SEQUENCE refusals_not_found;
CREATE SEQUENCE refusals_spot_not_available;
CREATE SEQUENCE refusals_slot_taken;
CREATE SEQUENCE refusals_outside_availability;
CREATE SEQUENCE refusals_already_booked;
CREATE SEQUENCE refusals_class_full;
CREATE SEQUENCE refusals_limit_reached;
CREATE SEQUENCE refusals_invalid_state;
CREATE SEQUENCE refusals_too_late;
CREATE SEQUENCE refusals_idempotency_conflict;
CREATE SEQUENCE refusals_in_the_past;
CREATE SEQUENCE refusals_self_booking;
CREATE SEQUENCE refusals_not_a_practitioner;
CREATE SEQUENCE refusals_inactive;
CREATE SEQUENCE refusals_not_accepting;
CREATE SEQUENCE refusals_nonexistent_local_time;
CREATE SEQUENCE refusals_rate_limited;

-- Closed from the first moment; what is open is said in sql/policies.
ALTER TABLE applied_migrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE function_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;

INSERT INTO applied_migrations (migration_id) VALUES ('0001.core-tables');
