-- Notifications: the outbox that commands fill in their own transaction.
-- depends: 0001.core-tables

CREATE TABLE notifications (
    id           uuid        PRIMARY KEY,
    type         text        NOT NULL CHECK (length(type) BETWEEN 1 AND 100),
    user_id      uuid,
    address      text        CHECK (length(address) <= 320),
    therapist_id uuid,
    session_id   uuid,
    payload      jsonb       NOT NULL DEFAULT '{}',
    due_at       timestamptz NOT NULL,
    status       text        NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'leased', 'sent', 'dead', 'withdrawn')),
    attempts     integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_error   text,
    leased_by    text,
    leased_until timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz,
    CONSTRAINT notification_has_a_receiver CHECK (user_id IS NOT NULL OR address IS NOT NULL)
);
COMMENT ON TABLE notifications IS 'Outbox: rows are queued in the transaction of the booking they tell of and delivered at least once.';
COMMENT ON COLUMN notifications.user_id IS 'The receiver; NULL where somebody has no account and is reached by address.';
COMMENT ON COLUMN notifications.session_id IS 'The session it tells of, of whichever module queued it; no foreign key: the outbox outlives sessions.';
-- Row-level security: a user sees what was sent to them. Also erase_person.
CREATE INDEX notifications_of_user ON notifications (user_id) WHERE user_id IS NOT NULL;
-- erase_person finds people without an account by their address.
CREATE INDEX notifications_of_address ON notifications (lower(address)) WHERE address IS NOT NULL;

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
ALTER TABLE notification_failures ENABLE ROW LEVEL SECURITY;

INSERT INTO applied_migrations (migration_id) VALUES ('0002.notifications-tables');
