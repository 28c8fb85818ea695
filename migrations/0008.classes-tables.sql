-- Classes: organizations whose leads and clients book classes with memberships, packages, cards or the public widget.
-- depends: 0001.core-tables 0002.notifications-tables

ALTER TABLE settings
    ADD COLUMN class_cancel_notice       interval NOT NULL DEFAULT '24 hours'
        CHECK (class_cancel_notice BETWEEN interval '0' AND interval '366 days'),
    ADD COLUMN class_booking_cutoff      interval NOT NULL DEFAULT '0'
        CHECK (class_booking_cutoff BETWEEN interval '0' AND interval '366 days'
               AND date_trunc('month', class_booking_cutoff) = interval '0' AND extract(day FROM class_booking_cutoff) BETWEEN 0 AND 366),
    ADD COLUMN card_payment_window       interval NOT NULL DEFAULT '30 minutes'
        CHECK (card_payment_window BETWEEN interval '1 minute' AND interval '31 days'),
    ADD COLUMN widget_rate_window        interval NOT NULL DEFAULT '1 hour'
        CHECK (widget_rate_window BETWEEN interval '1 second' AND interval '31 days'),
    ADD COLUMN widget_bookings_per_address integer NOT NULL DEFAULT 20 CHECK (widget_bookings_per_address BETWEEN 1 AND 1000000),
    ADD COLUMN widget_bookings_per_email integer NOT NULL DEFAULT 5 CHECK (widget_bookings_per_email BETWEEN 1 AND 1000000),
    ADD COLUMN trusted_proxies           integer NOT NULL DEFAULT 1 CHECK (trusted_proxies BETWEEN 0 AND 10),
    -- squawk-ignore adding-field-with-default -- the table has one row
    ADD COLUMN widget_secret             text NOT NULL DEFAULT gen_random_uuid()::text || gen_random_uuid()::text
        CHECK (length(widget_secret) BETWEEN 32 AND 1000);
COMMENT ON COLUMN settings.class_cancel_notice IS 'A booking cancelled at least this long before the class gives its membership or package use back.';
COMMENT ON COLUMN settings.class_booking_cutoff IS 'How long before the start customers must have booked, for classes made without saying so.';
COMMENT ON COLUMN settings.card_payment_window IS 'A card booking that is not paid so long after it was made is cancelled by run_maintenance().';
COMMENT ON COLUMN settings.widget_rate_window IS 'The time over which widget bookings are counted.';
COMMENT ON COLUMN settings.widget_bookings_per_address IS 'How many bookings a network address may make by the widget in widget_rate_window.';
COMMENT ON COLUMN settings.widget_bookings_per_email IS 'How many bookings an e-mail address may be given by the widget in widget_rate_window.';
COMMENT ON COLUMN settings.trusted_proxies IS 'Which element of x-forwarded-for, from the right, is the caller''s address; 0: none, the connection''s own address counts.';
COMMENT ON COLUMN settings.widget_secret IS 'What receipts of widget bookings are made with; a new one makes new receipts.';

CREATE TABLE organizations (
    id             uuid    PRIMARY KEY DEFAULT gen_random_uuid(),
    name           text    NOT NULL CHECK (length(name) BETWEEN 1 AND 10000),
    slug           text    NOT NULL UNIQUE CHECK (length(slug) BETWEEN 1 AND 255),
    timezone       text    NOT NULL DEFAULT 'UTC' CHECK (length(timezone) <= 100),
    public_booking boolean NOT NULL DEFAULT false
);
COMMENT ON COLUMN organizations.timezone IS 'IANA name; weeks and months of memberships are counted in it.';
COMMENT ON COLUMN organizations.public_booking IS 'Whether anybody may see and book its classes by the widget.';

CREATE TABLE user_organizations (
    user_id         uuid NOT NULL REFERENCES profiles ON DELETE RESTRICT,
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE RESTRICT,
    role            text NOT NULL CHECK (role IN ('owner', 'admin', 'staff', 'member')),
    PRIMARY KEY (user_id, organization_id)
);
COMMENT ON TABLE user_organizations IS 'Who has which role where; owner, admin and staff are its staff.';
-- Who works for an organization; foreign key.
CREATE INDEX user_organizations_of_organization ON user_organizations (organization_id);

CREATE TABLE leads (
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE RESTRICT,
    person_id       uuid NOT NULL,
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 10000),
    email           text NOT NULL CHECK (length(email) <= 320 AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    phone           text CHECK (length(phone) <= 10000),
    status          text NOT NULL DEFAULT 'new' CHECK (length(status) BETWEEN 1 AND 100)
);
-- What rows of the same organization and person refer to. It comes before the others, because of several indexes that would do the
-- planner takes the newest as long as the table is empty, and connections keep that plan: this one would be read whole.
CREATE UNIQUE INDEX leads_in_organization ON leads (id, organization_id, person_id);
COMMENT ON TABLE leads IS 'People who are interested and have no login; one per address and organization.';
COMMENT ON COLUMN leads.status IS 'In the organization''s own words, but for converted (became a client) and erased, who books nothing any more.';
COMMENT ON COLUMN leads.person_id IS 'The person behind a lead and the client it became; bookings, memberships and packages carry it too.';
-- Two spellings of one address are one lead; save_lead() and the widget look people up by it. Foreign key, row-level security.
CREATE UNIQUE INDEX leads_email_any_case ON leads (organization_id, lower(email));
-- erase_person().
CREATE INDEX leads_by_email ON leads (lower(email));
-- The rows of a person.
CREATE INDEX leads_of_person ON leads (person_id);

CREATE TABLE clients (
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE RESTRICT,
    user_id         uuid,
    lead_id         uuid,
    person_id       uuid NOT NULL,
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 10000),
    email           text NOT NULL CHECK (length(email) <= 320 AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    phone           text CHECK (length(phone) <= 10000),
    status          text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
    -- A client and the lead they came from are one person of one organization.
    FOREIGN KEY (lead_id, organization_id, person_id) REFERENCES leads (id, organization_id, person_id) ON UPDATE CASCADE ON DELETE RESTRICT
);
-- As with leads, and before the others as there.
CREATE UNIQUE INDEX clients_in_organization ON clients (id, organization_id, person_id);
COMMENT ON TABLE clients IS 'Customers of an organization, with a login (user_id) or without.';
-- As with leads.
CREATE UNIQUE INDEX clients_email_any_case ON clients (organization_id, lower(email));
-- As with leads.
CREATE INDEX clients_by_email ON clients (lower(email));
-- A login is one client of an organization; row-level security.
CREATE UNIQUE INDEX clients_of_user ON clients (user_id, organization_id) WHERE user_id IS NOT NULL;
-- A lead becomes one client; foreign key.
CREATE UNIQUE INDEX clients_of_lead ON clients (lead_id) WHERE lead_id IS NOT NULL;
-- The rows of a person.
CREATE INDEX clients_of_person ON clients (person_id);

CREATE TABLE class_sessions (
    id               uuid        NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id  uuid        NOT NULL REFERENCES organizations ON DELETE RESTRICT,
    name             text        NOT NULL CHECK (length(name) BETWEEN 1 AND 10000),
    instructor_name  text        CHECK (length(instructor_name) <= 10000),
    starts_at        timestamptz NOT NULL CHECK (starts_at >= '2000-01-01 00:00:00+00' AND starts_at < '2100-01-01 00:00:00+00'),
    duration_minutes integer     NOT NULL CHECK (duration_minutes BETWEEN 1 AND 1440),
    capacity         integer     NOT NULL CHECK (capacity > 0),
    taken            integer     NOT NULL DEFAULT 0,
    is_free          boolean     NOT NULL DEFAULT false,
    booking_cutoff   interval    NOT NULL DEFAULT '0' CHECK (
        booking_cutoff BETWEEN interval '0' AND interval '366 days'
        -- Months are no days: an instant less a million of them, plus as many days, is none.
        AND date_trunc('month', booking_cutoff) = interval '0' AND extract(day FROM booking_cutoff) BETWEEN 0 AND 366),
    status           text        NOT NULL DEFAULT 'scheduled' CHECK (status IN ('scheduled', 'cancelled', 'completed')),
    CONSTRAINT class_not_overbooked CHECK (taken BETWEEN 0 AND capacity)
) WITH (fillfactor = 70);
COMMENT ON COLUMN class_sessions.taken IS 'Places that are taken: confirmed and attended bookings, counted by a trigger.';
COMMENT ON COLUMN class_sessions.booking_cutoff IS 'How long before the start customers, not staff, must have booked.';
-- upcoming_classes(), row-level security.
CREATE INDEX class_sessions_of_organization ON class_sessions (organization_id, starts_at);
-- What rows of the same organization refer to; after the others, for it is the plan that foreign-key checks keep from an empty table.
CREATE UNIQUE INDEX class_sessions_in_organization ON class_sessions (id, organization_id);

CREATE TABLE memberships (
    id              uuid    NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid    NOT NULL,
    client_id       uuid,
    lead_id         uuid,
    person_id       uuid    NOT NULL,
    name            text    NOT NULL CHECK (length(name) BETWEEN 1 AND 10000),
    class_limit     integer CHECK (class_limit > 0),
    period          text    NOT NULL DEFAULT 'month' CHECK (period IN ('week', 'month')),
    starts_on       date    NOT NULL DEFAULT CURRENT_DATE CHECK (starts_on BETWEEN '2000-01-01' AND '2099-12-31'),
    ends_on         date    CHECK (ends_on BETWEEN '2000-01-01' AND '2099-12-31'),
    status          text    NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'cancelled')),
    CONSTRAINT membership_of_client_or_lead CHECK ((client_id IS NULL) <> (lead_id IS NULL)),
    UNIQUE (organization_id, id),
    FOREIGN KEY (client_id, organization_id, person_id) REFERENCES clients (id, organization_id, person_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    FOREIGN KEY (lead_id, organization_id, person_id) REFERENCES leads (id, organization_id, person_id) ON UPDATE CASCADE ON DELETE RESTRICT
);
COMMENT ON TABLE memberships IS 'What lets a person book so many classes a week or month.';
COMMENT ON COLUMN memberships.class_limit IS 'Classes a period; NULL: as many as they like.';
COMMENT ON COLUMN memberships.period IS 'An ISO week or a calendar month of the organization''s time zone.';
COMMENT ON COLUMN memberships.ends_on IS 'Its last day; NULL: no end.';
-- What covers a booking; foreign keys.
CREATE INDEX memberships_of_person ON memberships (person_id);
-- Foreign key.
CREATE INDEX memberships_of_client ON memberships (client_id) WHERE client_id IS NOT NULL;
-- Foreign key.
CREATE INDEX memberships_of_lead ON memberships (lead_id) WHERE lead_id IS NOT NULL;

CREATE TABLE packages (
    id              uuid    NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid    NOT NULL,
    client_id       uuid,
    lead_id         uuid,
    person_id       uuid    NOT NULL,
    name            text    NOT NULL CHECK (length(name) BETWEEN 1 AND 10000),
    classes_total   integer NOT NULL CHECK (classes_total > 0),
    classes_used    integer NOT NULL DEFAULT 0,
    expires_at      timestamptz,
    CONSTRAINT package_not_overused CHECK (classes_used BETWEEN 0 AND classes_total),
    CONSTRAINT package_of_client_or_lead CHECK ((client_id IS NULL) <> (lead_id IS NULL)),
    UNIQUE (organization_id, id),
    FOREIGN KEY (client_id, organization_id, person_id) REFERENCES clients (id, organization_id, person_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    FOREIGN KEY (lead_id, organization_id, person_id) REFERENCES leads (id, organization_id, person_id) ON UPDATE CASCADE ON DELETE RESTRICT
);
COMMENT ON TABLE packages IS 'So many classes, bought at once.';
COMMENT ON COLUMN packages.classes_used IS 'Uses that were not given back, counted by a trigger.';
COMMENT ON COLUMN packages.expires_at IS 'Classes that start at or after it are not covered; NULL: no end.';
-- What covers a booking; foreign keys.
CREATE INDEX packages_of_person ON packages (person_id);
-- Foreign key.
CREATE INDEX packages_of_client ON packages (client_id) WHERE client_id IS NOT NULL;
-- Foreign key.
CREATE INDEX packages_of_lead ON packages (lead_id) WHERE lead_id IS NOT NULL;

CREATE TABLE bookings (
    id                  uuid        NOT NULL DEFAULT gen_random_uuid(),
    organization_id     uuid        NOT NULL,
    class_session_id    uuid        NOT NULL,
    customer_id         uuid,
    client_id           uuid,
    person_id           uuid        NOT NULL,
    booking_status      text        NOT NULL DEFAULT 'confirmed' CHECK (booking_status IN ('confirmed', 'cancelled', 'attended', 'no_show')),
    payment_status      text        NOT NULL DEFAULT 'pending' CHECK (payment_status IN ('pending', 'paid', 'refunded', 'failed')),
    payment_method      text        CHECK (payment_method IN ('membership', 'package', 'free', 'card', 'cash')),
    membership_id       uuid,
    package_id          uuid,
    source              text        NOT NULL DEFAULT 'staff' CHECK (source IN ('customer', 'staff', 'service', 'widget', 'waitlist')),
    network_address     text        CHECK (length(network_address) <= 100),
    created_at          timestamptz NOT NULL DEFAULT now(),
    cancelled_at        timestamptz,
    cancelled_by        uuid,
    cancellation_reason text        CHECK (length(cancellation_reason) <= 10000),
    CONSTRAINT check_customer_or_client_booking CHECK ((customer_id IS NULL) <> (client_id IS NULL)),
    CONSTRAINT payment_says_by_what CHECK (
        (membership_id IS NOT NULL) = coalesce(payment_method = 'membership', false)
        AND (package_id IS NOT NULL) = coalesce(payment_method = 'package', false)),
    -- What rows of the same organization refer to; row-level security. The organization goes first, so that no index of it alone
    -- is needed: planned for while the table is empty, foreign-key checks would read all that an organization has.
    UNIQUE (organization_id, id),
    FOREIGN KEY (class_session_id, organization_id) REFERENCES class_sessions (id, organization_id) ON DELETE RESTRICT,
    FOREIGN KEY (customer_id, organization_id, person_id) REFERENCES leads (id, organization_id, person_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    FOREIGN KEY (client_id, organization_id, person_id) REFERENCES clients (id, organization_id, person_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    FOREIGN KEY (membership_id, organization_id) REFERENCES memberships (id, organization_id) ON DELETE RESTRICT,
    FOREIGN KEY (package_id, organization_id) REFERENCES packages (id, organization_id) ON DELETE RESTRICT
);
COMMENT ON TABLE bookings IS 'Places in classes. A lead''s booking has customer_id, a client''s client_id; composite keys keep everything in one organization.';
COMMENT ON COLUMN bookings.person_id IS 'The lead''s or client''s; filled in by a trigger.';
COMMENT ON COLUMN bookings.network_address IS 'Where a widget booking came from, while its rate limit counts it.';
-- class_roster(); foreign key.
CREATE INDEX bookings_of_class ON bookings (class_session_id);
-- Foreign key, row-level security.
CREATE INDEX bookings_of_customer ON bookings (customer_id) WHERE customer_id IS NOT NULL;
-- The same.
CREATE INDEX bookings_of_client ON bookings (client_id) WHERE client_id IS NOT NULL;
-- The rows of a person: who is booked where, the widget's limit per person.
CREATE INDEX bookings_of_person ON bookings (person_id);
-- Foreign key.
CREATE INDEX bookings_of_membership ON bookings (membership_id) WHERE membership_id IS NOT NULL;
-- Foreign key.
CREATE INDEX bookings_of_package ON bookings (package_id) WHERE package_id IS NOT NULL;
-- The widget's limit per network address; run_maintenance(): addresses to forget.
CREATE INDEX bookings_by_address ON bookings (network_address, created_at) WHERE network_address IS NOT NULL;
-- run_maintenance(): card bookings that nobody paid.
CREATE INDEX bookings_unpaid ON bookings (created_at)
    WHERE payment_method = 'card' AND payment_status IN ('pending', 'failed') AND booking_status = 'confirmed';

CREATE TABLE membership_usage (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid        NOT NULL,
    membership_id   uuid        NOT NULL,
    booking_id      uuid        NOT NULL UNIQUE,
    period_start    date        NOT NULL,
    used_at         timestamptz NOT NULL DEFAULT now(),
    returned_at     timestamptz,
    FOREIGN KEY (membership_id, organization_id) REFERENCES memberships (id, organization_id) ON DELETE RESTRICT,
    FOREIGN KEY (booking_id, organization_id) REFERENCES bookings (id, organization_id) ON DELETE RESTRICT
);
COMMENT ON TABLE membership_usage IS 'What bookings used of memberships, and when it was given back.';
COMMENT ON COLUMN membership_usage.period_start IS 'First day of the week or month in which the class starts, in the organization''s time zone.';
-- How often a membership was used in a period; foreign key.
CREATE INDEX membership_usage_of_membership ON membership_usage (membership_id, period_start);
-- Row-level security.
CREATE INDEX membership_usage_of_organization ON membership_usage (organization_id);

CREATE TABLE package_usage (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid        NOT NULL,
    package_id      uuid        NOT NULL,
    booking_id      uuid        NOT NULL UNIQUE,
    used_at         timestamptz NOT NULL DEFAULT now(),
    returned_at     timestamptz,
    FOREIGN KEY (package_id, organization_id) REFERENCES packages (id, organization_id) ON DELETE RESTRICT,
    FOREIGN KEY (booking_id, organization_id) REFERENCES bookings (id, organization_id) ON DELETE RESTRICT
);
COMMENT ON TABLE package_usage IS 'What bookings used of packages, and when it was given back.';
-- Foreign key.
CREATE INDEX package_usage_of_package ON package_usage (package_id);
-- Row-level security.
CREATE INDEX package_usage_of_organization ON package_usage (organization_id);

CREATE TABLE class_waitlist (
    id               uuid        NOT NULL PRIMARY KEY,
    organization_id  uuid        NOT NULL,
    class_session_id uuid        NOT NULL,
    customer_id      uuid,
    client_id        uuid,
    person_id        uuid        NOT NULL,
    place            bigint      GENERATED ALWAYS AS IDENTITY,
    status           text        NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'promoted', 'left', 'closed')),
    booking_id       uuid,
    joined_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT check_customer_or_client_waiting CHECK ((customer_id IS NULL) <> (client_id IS NULL)),
    CONSTRAINT promoted_says_to_what CHECK ((status = 'promoted') = (booking_id IS NOT NULL)),
    FOREIGN KEY (class_session_id, organization_id) REFERENCES class_sessions (id, organization_id) ON DELETE RESTRICT,
    FOREIGN KEY (customer_id, organization_id, person_id) REFERENCES leads (id, organization_id, person_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    FOREIGN KEY (client_id, organization_id, person_id) REFERENCES clients (id, organization_id, person_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    FOREIGN KEY (booking_id, organization_id) REFERENCES bookings (id, organization_id) ON DELETE RESTRICT
);
COMMENT ON TABLE class_waitlist IS 'Who waits for a place in a full class, in order of place.';
-- Who is next; foreign key.
CREATE INDEX class_waitlist_of_class ON class_waitlist (class_session_id, place);
-- run_maintenance(): classes that somebody waits for.
CREATE INDEX class_waitlist_waiting ON class_waitlist (class_session_id) WHERE status = 'waiting';
-- Foreign key, row-level security.
CREATE INDEX class_waitlist_of_customer ON class_waitlist (customer_id) WHERE customer_id IS NOT NULL;
-- The same.
CREATE INDEX class_waitlist_of_client ON class_waitlist (client_id) WHERE client_id IS NOT NULL;
-- Foreign key.
CREATE INDEX class_waitlist_of_booking ON class_waitlist (booking_id) WHERE booking_id IS NOT NULL;
-- Foreign key, row-level security.
CREATE INDEX class_waitlist_of_organization ON class_waitlist (organization_id);
-- Row-level security.
CREATE INDEX class_waitlist_of_person ON class_waitlist (person_id);

-- Primary keys come last: of several indexes that would do the planner takes the newest as long as the table is empty, and
-- connections keep that plan.
ALTER TABLE leads ADD PRIMARY KEY (id);
ALTER TABLE clients ADD PRIMARY KEY (id);
ALTER TABLE memberships ADD PRIMARY KEY (id);
ALTER TABLE packages ADD PRIMARY KEY (id);
ALTER TABLE bookings ADD PRIMARY KEY (id);

-- Closed from the first moment; what is open is said in sql/policies.
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE leads ENABLE ROW LEVEL SECURITY;
ALTER TABLE clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE class_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE packages ENABLE ROW LEVEL SECURITY;
ALTER TABLE bookings ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE package_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE class_waitlist ENABLE ROW LEVEL SECURITY;

INSERT INTO applied_migrations (migration_id) VALUES ('0008.classes-tables');
