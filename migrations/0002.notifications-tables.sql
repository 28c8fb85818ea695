-- Notifications: the outbox that commands fill in their own transaction.
-- depends: 0001.core-tables

ALTER TABLE settings
    ADD COLUMN notification_max_attempts integer  NOT NULL DEFAULT 10 CHECK (notification_max_attempts BETWEEN 1 AND 100),
    ADD COLUMN notification_backoff      interval NOT NULL DEFAULT '10 seconds'
        CHECK (notification_backoff BETWEEN interval '1 second' AND interval '1 day'),
    ADD COLUMN notification_backoff_max  interval NOT NULL DEFAULT '6 hours'
        CHECK (notification_backoff_max BETWEEN interval '1 second' AND interval '31 days'),
    ADD COLUMN notification_retention    interval NOT NULL DEFAULT '90 days'
        CHECK (notification_retention BETWEEN interval '2 days' AND interval '3660 days'),
    ADD COLUMN notification_payload_retention interval NOT NULL DEFAULT '30 days'
        CHECK (notification_payload_retention BETWEEN interval '1 day' AND interval '3660 days'),
    ADD COLUMN notification_archive           boolean  NOT NULL DEFAULT false,
    ADD COLUMN notification_archive_retention interval NOT NULL DEFAULT '3660 days'
        CHECK (notification_archive_retention BETWEEN interval '2 days' AND interval '36600 days');
COMMENT ON COLUMN settings.notification_max_attempts IS 'After so many attempts a notification is dead and waits for requeue_notification().';
COMMENT ON COLUMN settings.notification_backoff IS 'Wait before the second attempt; it doubles with each one more.';
COMMENT ON COLUMN settings.notification_backoff_max IS 'The longest wait between two attempts.';
COMMENT ON COLUMN settings.notification_retention IS 'Notifications that are sent, withdrawn or dead leave the queue so long after they were due.';
COMMENT ON COLUMN settings.notification_payload_retention IS 'What notifications said is forgotten so long after they were due, when they are sent or withdrawn; dead ones keep it.';
COMMENT ON COLUMN settings.notification_archive IS 'Whether what leaves the queue goes to notification_archive; else it is deleted.';
COMMENT ON COLUMN settings.notification_archive_retention IS 'Archived notifications are deleted so long after they were due.';

-- The CHECKs of a table are parsed again for each INSERT: ranges and arrays that are one constant keep that short.
CREATE TABLE notifications (
    id           uuid        PRIMARY KEY,
    type         text        NOT NULL CHECK (length(type) <@ int4range '[1, 100]'),
    user_id      uuid,
    address      text        CHECK (length(address) <= 320),
    therapist_id uuid,
    session_id   uuid,
    payload      jsonb       NOT NULL DEFAULT '{}',
    due_at       timestamptz NOT NULL,
    status       text        NOT NULL DEFAULT 'pending'
        CHECK (status = ANY ('{pending, leased, sent, dead, withdrawn}')),
    attempts     integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_error   text,
    leased_by    text,
    leased_until timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz,
    is_open      boolean     NOT NULL GENERATED ALWAYS AS (status IN ('pending', 'leased')) STORED,
    CONSTRAINT notification_has_a_receiver CHECK (user_id IS NOT NULL OR address IS NOT NULL)
-- The queue moves through the head of one index: what was taken is vacuumed away soon.
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE notifications IS 'Outbox: rows are queued in the transaction of the booking they tell of and delivered at least once.';
COMMENT ON COLUMN notifications.due_at IS 'When it is to be sent; after an attempt that failed, when to try again.';
COMMENT ON COLUMN notifications.leased_by IS 'The worker who is sending it, until leased_until; then another one may take it over.';
COMMENT ON COLUMN notifications.user_id IS 'The receiver; NULL where somebody has no account and is reached by address.';
COMMENT ON COLUMN notifications.is_open IS 'Whether it is pending or leased: the queue. Indexes ask it instead of the status, which a claim changes.';
COMMENT ON COLUMN notifications.session_id IS 'The session it tells of, of whichever module queued it; no foreign key: the outbox outlives sessions.';
-- claim_notifications(): what is due, by time. A claim changes no column of any index, so that it is a HOT update and leaves no index entry behind.
CREATE INDEX notifications_to_send ON notifications (due_at, id) WHERE is_open;
-- run_maintenance(): what may be archived or forgotten.
CREATE INDEX notifications_done ON notifications (due_at) WHERE NOT is_open;
-- run_maintenance(): whose payload may be forgotten.
CREATE INDEX notifications_with_payload ON notifications (due_at)
    WHERE NOT is_open AND (payload <> '{}' OR last_error IS NOT NULL);
-- What is unsent of a session is withdrawn; verify_invariants() looks for a session's reminders.
CREATE INDEX notifications_of_session ON notifications (session_id, type) WHERE session_id IS NOT NULL;
-- Row-level security: a user sees what was sent to them. Also erase_person.
CREATE INDEX notifications_of_user ON notifications (user_id) WHERE user_id IS NOT NULL;
-- erase_person finds people without an account by their address.
CREATE INDEX notifications_of_address ON notifications (lower(address)) WHERE address IS NOT NULL;
-- erase_person: an error that quotes the other side of a reminder.
CREATE INDEX notifications_failed_of_therapist ON notifications (therapist_id) WHERE therapist_id IS NOT NULL AND last_error IS NOT NULL;

CREATE TABLE notification_archive (
    id           uuid        PRIMARY KEY,
    type         text        NOT NULL,
    user_id      uuid,
    therapist_id uuid,
    session_id   uuid,
    due_at       timestamptz NOT NULL,
    status       text        NOT NULL CHECK (status IN ('sent', 'dead', 'withdrawn')),
    attempts     integer     NOT NULL,
    created_at   timestamptz NOT NULL,
    sent_at      timestamptz,
    archived_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE notification_archive IS
    'Who was told of what, and when, after it left the queue (settings.notification_archive): ids and times, no payload, no address, nothing that erase_person would have to remove.';
COMMENT ON COLUMN notification_archive.user_id IS 'The receiver; NULL where somebody had no account and was reached by address.';
-- run_maintenance(): what may be forgotten.
CREATE INDEX notification_archive_by_age ON notification_archive (due_at);

CREATE TABLE notification_failures (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type       text,
    user_id    uuid,
    session_id uuid,
    sqlstate   text        NOT NULL,
    error      text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE notification_failures IS 'Notifications that could not be queued: the booking stands, the failure is on record here.';

-- Closed from the first moment; what is open is said in sql/policies.
ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_archive ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_failures ENABLE ROW LEVEL SECURITY;

INSERT INTO applied_migrations (migration_id) VALUES ('0002.notifications-tables');
