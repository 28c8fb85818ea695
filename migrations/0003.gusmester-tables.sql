-- Gusmester: employees of a sauna club spend and earn points for guest spots.
-- depends: 0001.core-tables 0002.notifications-tables

ALTER TABLE settings
    ADD COLUMN gus_initial_points integer  NOT NULL DEFAULT 300        CHECK (gus_initial_points BETWEEN 0 AND 1000000),
    ADD COLUMN gus_spot_cost      integer  NOT NULL DEFAULT 150        CHECK (gus_spot_cost BETWEEN 0 AND 1000000),
    ADD COLUMN gus_release_award  integer  NOT NULL DEFAULT 150        CHECK (gus_release_award BETWEEN 0 AND 1000000),
    ADD COLUMN gus_release_notice interval NOT NULL DEFAULT '3 hours'  CHECK (gus_release_notice BETWEEN interval '0' AND interval '366 days'),
    ADD COLUMN gus_cancel_notice  interval NOT NULL DEFAULT '24 hours' CHECK (gus_cancel_notice BETWEEN interval '0' AND interval '366 days');
COMMENT ON COLUMN settings.gus_initial_points IS 'Points a new employee starts with.';
COMMENT ON COLUMN settings.gus_spot_cost IS 'Points a guest spot costs.';
COMMENT ON COLUMN settings.gus_release_award IS 'Points a host earns by releasing the guest spot in time.';
COMMENT ON COLUMN settings.gus_release_notice IS 'A release earns points only more than this long before the start.';
COMMENT ON COLUMN settings.gus_cancel_notice IS 'A booking can be cancelled only more than this long before the start.';

CREATE TABLE employees (
    id       uuid    PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id  uuid    UNIQUE,
    name     text    NOT NULL CHECK (length(name) BETWEEN 1 AND 10000),
    email    text    NOT NULL UNIQUE CHECK (length(email) <= 320 AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    status   text    NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
    points   integer NOT NULL CONSTRAINT employee_points_not_negative CHECK (points >= 0),
    is_admin boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);
COMMENT ON COLUMN employees.user_id IS 'The sub of the employee''s JWT; NULL while they have no login.';
COMMENT ON COLUMN employees.points IS
    'Sum of the employee''s points history, moved by its rows alone. Left out on INSERT: settings.gus_initial_points (a trigger fills it in, for a column default cannot read a setting).';
-- Two spellings of one address are one person; erase_person looks people up by it.
CREATE UNIQUE INDEX employees_email_any_case ON employees (lower(email));

CREATE TABLE sessions (
    id                  uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    name                text        NOT NULL CHECK (length(name) BETWEEN 1 AND 10000),
    starts_at           timestamptz NOT NULL
        CONSTRAINT session_starts_within_bounds CHECK (starts_at >= '2000-01-01 00:00:00+00' AND starts_at < '2100-01-01 00:00:00+00'),
    duration_minutes    integer     NOT NULL CHECK (duration_minutes > 0),
    location            text        CHECK (length(location) <= 10000),
    max_participants    integer     CHECK (max_participants > 0),
    is_private          boolean     NOT NULL DEFAULT false,
    status              text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'cancelled', 'completed')),
    cancellation_reason text        CHECK (length(cancellation_reason) <= 10000)
);
COMMENT ON TABLE sessions IS 'Sauna sessions; each public one with a host has one guest spot.';
-- available_guest_spots() looks ahead in time.
CREATE INDEX sessions_active_by_start ON sessions (starts_at) WHERE status = 'active';

CREATE TABLE session_employees (
    session_id  uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    employee_id uuid        NOT NULL REFERENCES employees ON DELETE RESTRICT,
    assigned_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (session_id, employee_id)
);
COMMENT ON TABLE session_employees IS
    'Who works at a session; hosts follow in order of assigned_at. May be inserted before its session in the same transaction.';
-- Row-level security; foreign key: employees who work are not deleted.
CREATE INDEX session_employees_of_employee ON session_employees (employee_id);

CREATE TABLE guest_spots (
    id               uuid        PRIMARY KEY,
    session_id       uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,
    host_employee_id uuid        REFERENCES employees ON DELETE RESTRICT,
    status           text        NOT NULL DEFAULT 'reserved_for_host'
        CHECK (status IN ('reserved_for_host', 'booked_by_host', 'released_to_public', 'booked_by_gusmester')),
    guest_name       text        CHECK (length(guest_name) BETWEEN 1 AND 10000),
    guest_email      text        CHECK (length(guest_email) <= 320),
    guest_phone      text        CHECK (length(guest_phone) <= 10000),
    released_by      uuid        REFERENCES employees ON DELETE RESTRICT,
    released_at      timestamptz,
    points_earned    boolean     NOT NULL DEFAULT false,
    ever_booked      boolean     NOT NULL DEFAULT false,
    CONSTRAINT spot_without_host_is_reserved CHECK (host_employee_id IS NOT NULL OR status = 'reserved_for_host'),
    CONSTRAINT guest_only_while_booked_by_host CHECK (
        CASE WHEN status = 'booked_by_host' THEN guest_name IS NOT NULL AND guest_email IS NOT NULL
             ELSE guest_name IS NULL AND guest_email IS NULL AND guest_phone IS NULL END)
) WITH (fillfactor = 70);
COMMENT ON TABLE guest_spots IS 'The one place of a session that its host gives to a guest, or releases for points to a colleague.';
COMMENT ON COLUMN guest_spots.released_by IS 'Who released it; kept when the host changes.';
COMMENT ON COLUMN guest_spots.points_earned IS 'A release of this spot has been rewarded: it happens once per session, whoever hosts.';
COMMENT ON COLUMN guest_spots.ever_booked IS 'Set by the first booking for good: such a session is cancelled, never deleted.';
-- my_hosting_sessions(), row-level security.
CREATE INDEX guest_spots_of_host ON guest_spots (host_employee_id);
-- Foreign key: employees who released a spot are not deleted.
CREATE INDEX guest_spots_of_releaser ON guest_spots (released_by) WHERE released_by IS NOT NULL;
-- erase_person finds a guest by the address.
CREATE INDEX guest_spots_of_guest ON guest_spots (lower(guest_email)) WHERE guest_email IS NOT NULL;

CREATE TABLE gusmester_bookings (
    id           uuid        PRIMARY KEY,
    employee_id  uuid        NOT NULL REFERENCES employees ON DELETE RESTRICT,
    session_id   uuid        NOT NULL REFERENCES sessions ON DELETE RESTRICT,
    point_cost   integer     NOT NULL CHECK (point_cost >= 0),
    status       text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'cancelled')),
    booked_at    timestamptz NOT NULL DEFAULT now(),
    cancelled_at timestamptz,
    CONSTRAINT cancelled_booking_says_when CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL))
);
COMMENT ON COLUMN gusmester_bookings.point_cost IS 'What was charged, and so what a cancellation gives back.';
-- my_gusmester_bookings(), row-level security.
CREATE INDEX gusmester_bookings_of_employee ON gusmester_bookings (employee_id);
-- Foreign key: a session with bookings is not deleted.
CREATE INDEX gusmester_bookings_of_session ON gusmester_bookings (session_id);

CREATE TABLE employee_points_history (
    id                 bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    employee_id        uuid        NOT NULL REFERENCES employees ON DELETE RESTRICT,
    entry_number       integer     NOT NULL CHECK (entry_number > 0),
    amount             integer     NOT NULL CHECK (amount <> 0),
    reason             text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 10000),
    related_session_id uuid,
    related_booking_id uuid        REFERENCES gusmester_bookings ON DELETE RESTRICT,
    points_before      integer     NOT NULL CHECK (points_before >= 0),
    points_after       integer     NOT NULL CHECK (points_after >= 0),
    created_at         timestamptz NOT NULL,
    CONSTRAINT points_add_up CHECK (points_after = points_before + amount),
    CONSTRAINT first_entry_starts_at_zero CHECK (entry_number > 1 OR points_before = 0),
    -- get_points_history() and the chain: an employee's entries in order.
    UNIQUE (employee_id, entry_number)
);
COMMENT ON TABLE employee_points_history IS
    'Append-only ledger of points. Inserting a row is the movement: triggers number it, chain it to the previous row and move employees.points.';
COMMENT ON COLUMN employee_points_history.amount IS 'Signed points: + adds, - takes.';
COMMENT ON COLUMN employee_points_history.related_session_id IS 'No foreign key: the history survives its session.';
-- Foreign key: bookings that moved points are not deleted.
CREATE INDEX employee_points_history_of_booking ON employee_points_history (related_booking_id) WHERE related_booking_id IS NOT NULL;

-- Closed from the first moment; what is open is said in sql/policies.
ALTER TABLE employees ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_employees ENABLE ROW LEVEL SECURITY;
ALTER TABLE guest_spots ENABLE ROW LEVEL SECURITY;
ALTER TABLE gusmester_bookings ENABLE ROW LEVEL SECURITY;
ALTER TABLE employee_points_history ENABLE ROW LEVEL SECURITY;

INSERT INTO applied_migrations (migration_id) VALUES ('0003.gusmester-tables');
