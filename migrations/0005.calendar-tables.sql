-- Calendar: people's time. Practitioners, when they work, what is held for somebody, and the sessions that take time.
-- depends: 0001.core-tables 0002.notifications-tables

ALTER TABLE settings
    ADD COLUMN session_cancel_notice interval NOT NULL DEFAULT '24 hours'
        CHECK (session_cancel_notice BETWEEN interval '0' AND interval '366 days'),
    ADD COLUMN hold_ttl              interval NOT NULL DEFAULT '10 minutes'
        CHECK (hold_ttl BETWEEN interval '1 second' AND interval '1 day'),
    ADD COLUMN hold_ttl_max          interval NOT NULL DEFAULT '30 minutes'
        CHECK (hold_ttl_max BETWEEN interval '1 second' AND interval '1 day'),
    ADD COLUMN holds_per_person      integer  NOT NULL DEFAULT 3  CHECK (holds_per_person BETWEEN 1 AND 1000),
    ADD COLUMN slot_search_days      integer  NOT NULL DEFAULT 62 CHECK (slot_search_days BETWEEN 1 AND 366),
    ADD COLUMN complete_sessions_after interval
        CHECK (complete_sessions_after BETWEEN interval '0' AND interval '366 days');
COMMENT ON COLUMN settings.session_cancel_notice IS 'A client gets the credits back, or moves the session, only more than this long before its start.';
COMMENT ON COLUMN settings.hold_ttl IS 'How long a hold lasts when nobody says.';
COMMENT ON COLUMN settings.hold_ttl_max IS 'How long a hold may last.';
COMMENT ON COLUMN settings.holds_per_person IS 'How many live holds a person may have.';
COMMENT ON COLUMN settings.slot_search_days IS 'How many days one call of get_available_slots() may look at.';

COMMENT ON COLUMN settings.complete_sessions_after IS 'Sessions that nobody closed are completed so long after their end; NULL: never.';

CREATE TABLE practitioners (
    user_id               uuid     PRIMARY KEY REFERENCES profiles ON DELETE RESTRICT,
    is_active             boolean  NOT NULL DEFAULT true,
    accepts_peer_bookings boolean  NOT NULL DEFAULT true,
    credits_per_hour      integer  NOT NULL DEFAULT 60 CHECK (credits_per_hour BETWEEN 0 AND 1000000),
    buffer_minutes        integer  NOT NULL DEFAULT 0 CHECK (buffer_minutes BETWEEN 0 AND 1440),
    min_notice            interval NOT NULL DEFAULT '0' CHECK (min_notice BETWEEN interval '0' AND interval '366 days'),
    max_ahead             interval CHECK (max_ahead BETWEEN interval '0' AND interval '3660 days'),
    timezone              text     NOT NULL DEFAULT 'UTC' CHECK (length(timezone) <= 100)
);
COMMENT ON TABLE practitioners IS 'People whose time can be booked.';
COMMENT ON COLUMN practitioners.buffer_minutes IS 'The least gap between two of their sessions, on either side.';
COMMENT ON COLUMN practitioners.min_notice IS 'Nobody books them for a start earlier than this long from now.';
COMMENT ON COLUMN practitioners.max_ahead IS 'Nobody books them for a start later than this long from now; NULL: any time.';
COMMENT ON COLUMN practitioners.timezone IS 'IANA name; their wall-clock dates and times are read in it.';

CREATE TABLE availability_rules (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    practitioner_id uuid NOT NULL REFERENCES practitioners ON DELETE RESTRICT,
    weekday         integer NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    start_time      time NOT NULL,
    end_time        time NOT NULL,
    valid_from      date CHECK (valid_from BETWEEN '2000-01-01' AND '2099-12-31'),
    valid_until     date CHECK (valid_until BETWEEN '2000-01-01' AND '2099-12-31'),
    CONSTRAINT rule_ends_after_its_start CHECK (end_time > start_time),
    CONSTRAINT rule_is_valid_for_some_time CHECK (valid_until >= valid_from)
);
COMMENT ON TABLE availability_rules IS 'When a practitioner works, week by week, in their time zone. Somebody without a rule or an open exception does not work at all.';
COMMENT ON COLUMN availability_rules.weekday IS 'ISO: 1 Monday to 7 Sunday.';
COMMENT ON COLUMN availability_rules.end_time IS '24:00 is midnight; a night is two rules.';
COMMENT ON COLUMN availability_rules.valid_until IS 'The last day on which it holds.';
-- _working_time(); row-level security; foreign key.
CREATE INDEX availability_rules_of_practitioner ON availability_rules (practitioner_id, weekday);

CREATE TABLE availability_exceptions (
    id              uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    practitioner_id uuid        NOT NULL REFERENCES practitioners ON DELETE RESTRICT,
    starts_at       timestamptz NOT NULL CHECK (starts_at >= '2000-01-01 00:00:00+00' AND starts_at < '2100-01-01 00:00:00+00'),
    ends_at         timestamptz NOT NULL CHECK (ends_at >= '2000-01-01 00:00:00+00' AND ends_at < '2100-01-01 00:00:00+00'),
    kind            text        NOT NULL CHECK (kind IN ('closed', 'open')),
    CONSTRAINT exception_ends_after_its_start CHECK (ends_at > starts_at)
);
COMMENT ON TABLE availability_exceptions IS 'Time off (closed), which beats everything, and time worked beside the weekly rules (open).';
-- _working_time() and _busy_time(): those that are not over.
CREATE INDEX availability_exceptions_of_practitioner ON availability_exceptions (practitioner_id, ends_at);

CREATE TABLE slot_holds (
    id              uuid        PRIMARY KEY,
    practitioner_id uuid        NOT NULL REFERENCES practitioners ON DELETE RESTRICT,
    holder_id       uuid        NOT NULL REFERENCES profiles ON DELETE RESTRICT,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    status          text        NOT NULL DEFAULT 'live' CHECK (status IN ('live', 'converted', 'released', 'expired')),
    CONSTRAINT hold_ends_after_its_start CHECK (ends_at > starts_at),
    CONSTRAINT holder_is_somebody_else CHECK (holder_id <> practitioner_id)
);
COMMENT ON TABLE slot_holds IS 'Time of a practitioner kept for a holder until they book it, or until it expires.';
COMMENT ON COLUMN slot_holds.status IS 'live blocks others until expires_at, whether or not anybody has marked it expired since.';
-- How many live holds a person has; row-level security; foreign key.
CREATE INDEX slot_holds_of_holder ON slot_holds (holder_id);
-- run_maintenance(): holds that have expired.
CREATE INDEX slot_holds_live ON slot_holds (expires_at) WHERE status = 'live';
-- Row-level security; foreign key.
CREATE INDEX slot_holds_of_practitioner ON slot_holds (practitioner_id);

-- The CHECKs of a table are parsed again for each INSERT: ranges and arrays that are one constant keep that short.
CREATE TABLE client_sessions (
    id                  uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    client_id           uuid        NOT NULL REFERENCES profiles ON DELETE RESTRICT,
    therapist_id        uuid        NOT NULL REFERENCES practitioners ON DELETE RESTRICT,
    session_date        date        NOT NULL,
    start_time          time        NOT NULL,
    duration_minutes    integer     NOT NULL CHECK (duration_minutes <@ int4range '[1, 1440]'),
    timezone            text        NOT NULL CHECK (length(timezone) <= 100),
    starts_at           timestamptz NOT NULL CHECK (starts_at <@ tstzrange '[2000-01-01 00:00:00+00, 2100-01-01 00:00:00+00)'),
    ends_at             timestamptz NOT NULL,
    session_type        text        NOT NULL DEFAULT 'video' CHECK (length(session_type) <@ int4range '[1, 10000]'),
    status              text        NOT NULL DEFAULT 'scheduled'
        CHECK (status = ANY ('{scheduled, confirmed, in_progress, completed, cancelled, no_show}')),
    is_peer_booking     boolean     NOT NULL DEFAULT false,
    credit_cost         integer     CHECK (credit_cost >= 0),
    paid_at             timestamptz,
    notes               text,
    title               text,
    room_url            text,
    cancelled_at        timestamptz,
    cancelled_by        uuid,
    cancellation_reason text,
    scheduled_at        timestamptz NOT NULL DEFAULT now(),
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT nobody_books_themself CHECK (client_id <> therapist_id),
    CONSTRAINT texts_are_not_too_long CHECK (greatest(length(notes), length(title), length(room_url), length(cancellation_reason)) <= 10000),
    CONSTRAINT session_lasts_its_minutes CHECK (ends_at = starts_at + duration_minutes * interval '1 minute')
) WITH (fillfactor = 80);
COMMENT ON TABLE client_sessions IS 'Who is with whom, when. scheduled, confirmed and in_progress sessions block the time of both.';
COMMENT ON COLUMN client_sessions.session_date IS 'The local date of the start in timezone; kept in step with starts_at by a trigger, as is start_time.';
COMMENT ON COLUMN client_sessions.timezone IS 'The practitioner''s when it was booked.';
COMMENT ON COLUMN client_sessions.credit_cost IS 'What was charged, and so what a refund gives back; NULL while nobody has charged anything.';
COMMENT ON COLUMN client_sessions.paid_at IS 'When its credits moved.';
COMMENT ON COLUMN client_sessions.cancelled_by IS 'The end user who cancelled it; NULL for the service.';
COMMENT ON COLUMN client_sessions.scheduled_at IS 'When its time was taken: booked, or moved for the last time. Reminders are due for hours after it.';
-- my_sessions(), row-level security, foreign key; the gist index of the constraint serves overlaps.
CREATE INDEX client_sessions_of_client ON client_sessions (client_id, ends_at);
-- The same.
CREATE INDEX client_sessions_of_therapist ON client_sessions (therapist_id, ends_at);
-- run_maintenance(): sessions that are over and that nobody closed.
CREATE INDEX client_sessions_open ON client_sessions (ends_at) WHERE status IN ('scheduled', 'confirmed', 'in_progress');
-- The clean-up of peer sessions that were never paid for.
CREATE INDEX client_sessions_unpaid_peer ON client_sessions (created_at)
    WHERE is_peer_booking AND paid_at IS NULL AND status IN ('scheduled', 'confirmed', 'in_progress');

-- The exclusion constraints compare a uuid in a gist index.
-- In a schema of its own, so that dropping one tenant's schema leaves another's constraints; two tenants may come here at once.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'btree_gist') THEN
        IF to_regnamespace('extensions') IS NULL THEN
            CREATE SCHEMA extensions;
        END IF;
        CREATE EXTENSION btree_gist SCHEMA extensions;
    END IF;
EXCEPTION
    WHEN unique_violation OR duplicate_object OR duplicate_schema THEN
        RAISE NOTICE 'btree_gist was made by somebody else meanwhile';
END
$$;

-- Closed from the first moment; what is open is said in sql/policies.
ALTER TABLE practitioners ENABLE ROW LEVEL SECURITY;
ALTER TABLE availability_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE availability_exceptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE slot_holds ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_sessions ENABLE ROW LEVEL SECURITY;

INSERT INTO applied_migrations (migration_id) VALUES ('0005.calendar-tables');
