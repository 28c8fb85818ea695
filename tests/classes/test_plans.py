"""What a call on classes reads stays small however much there is, for connections old and new."""

import json
from itertools import count

import pytest
from gusmester.calls import run
from gusmester.test_plans import Meter

from classes.commands import COMMANDS
from classes.studio import Studio, new_key

MANY = 100_000
"""Rows of every table: leads, clients, classes, memberships, packages, bookings, uses, places in line, in as many
organizations as a thousandth of that."""

ENOUGH_TO_KEEP_A_PLAN = 7

POLICIES = {
    "organizations", "user_organizations", "leads", "clients", "class_sessions", "memberships", "packages", "bookings",
    "membership_usage", "package_usage", "class_waitlist",
}  # fmt: skip

OF_ORGANIZATION = f"LATERAL (SELECT md5('organization' || i % {MANY // 1000})::uuid) AS o (id)"

# No temporary table: making a session's first one throws away the plans that every connection keeps.
FILL = f"""
    INSERT INTO organizations (id, name, slug)
        SELECT md5('organization' || i)::uuid, 'Many', 'many-' || i FROM generate_series(0, {MANY // 1000}) AS i;
    INSERT INTO profiles (user_id, full_name)
        SELECT md5('user' || i)::uuid, 'Many' FROM generate_series(1, {MANY}) AS i;
    INSERT INTO user_organizations
        SELECT md5('user' || i)::uuid, md5('organization' || i % {MANY // 1000})::uuid, 'staff'
        FROM generate_series(1, {MANY}) AS i;
    INSERT INTO leads (id, organization_id, person_id, name, email)
        SELECT md5('lead' || i)::uuid, o.id, md5('person' || i)::uuid, 'Many', i || '@lead.example'
        FROM generate_series(1, {MANY}) AS i, {OF_ORGANIZATION};
    INSERT INTO clients (id, organization_id, user_id, lead_id, person_id, name, email)
        SELECT md5('client' || i)::uuid, o.id, md5('user' || i)::uuid, md5('lead' || i)::uuid, md5('person' || i)::uuid,
               'Many', i || '@client.example'
        FROM generate_series(1, {MANY}) AS i, {OF_ORGANIZATION};
    INSERT INTO class_sessions (id, organization_id, name, starts_at, duration_minutes, capacity, taken)
        SELECT md5('class' || i)::uuid, o.id, 'Many',
               now() + CASE WHEN i % 50 = 0 THEN 1 ELSE -1 END * (1 + i % 700) * interval '1 day', 60, 1, 1
        FROM generate_series(1, {MANY}) AS i, {OF_ORGANIZATION};
    INSERT INTO memberships (id, organization_id, client_id, person_id, name, class_limit)
        SELECT md5('membership' || i)::uuid, o.id, md5('client' || i)::uuid, md5('person' || i)::uuid, 'Many', 5
        FROM generate_series(1, {MANY}) AS i, {OF_ORGANIZATION};
    INSERT INTO packages (id, organization_id, lead_id, person_id, name, classes_total, classes_used)
        SELECT md5('package' || i)::uuid, o.id, md5('lead' || i)::uuid, md5('person' || i)::uuid, 'Many', 10, 1
        FROM generate_series(1, {MANY}) AS i, {OF_ORGANIZATION};
    INSERT INTO bookings (id, organization_id, class_session_id, customer_id, client_id, person_id, payment_method,
            payment_status, membership_id, package_id, source, network_address, created_at)
        SELECT md5('booking' || i)::uuid, o.id, md5('class' || i)::uuid,
               CASE WHEN i % 2 = 0 THEN md5('lead' || i)::uuid END,
               CASE WHEN i % 2 = 1 THEN md5('client' || i)::uuid END,
               md5('person' || i)::uuid,
               CASE i % 3 WHEN 0 THEN 'membership' WHEN 1 THEN 'package' ELSE 'card' END, 'paid',
               CASE WHEN i % 3 = 0 THEN md5('membership' || i)::uuid END,
               CASE WHEN i % 3 = 1 THEN md5('package' || i)::uuid END,
               'widget', CASE WHEN i % 700 = 0 THEN '198.51.' || i % 250 || '.1' END, now() - i % 700 * interval '1 day'
        FROM generate_series(1, {MANY}) AS i, {OF_ORGANIZATION};
    INSERT INTO membership_usage (organization_id, membership_id, booking_id, period_start)
        SELECT b.organization_id, b.membership_id, b.id, '2026-01-01'
        FROM bookings b WHERE b.source = 'widget' AND b.membership_id IS NOT NULL;
    INSERT INTO package_usage (organization_id, package_id, booking_id)
        SELECT b.organization_id, b.package_id, b.id
        FROM bookings b WHERE b.source = 'widget' AND b.package_id IS NOT NULL;
    INSERT INTO class_waitlist (id, organization_id, class_session_id, client_id, person_id, status)
        SELECT md5('line' || i)::uuid, o.id, md5('class' || i)::uuid, md5('client' || i)::uuid,
               md5('person' || i)::uuid, CASE WHEN i % 500 = 0 THEN 'waiting' ELSE 'left' END
        FROM generate_series(1, {MANY}) AS i, {OF_ORGANIZATION};
    INSERT INTO notifications (id, type, user_id, session_id, due_at, status)
        SELECT md5('notification' || i)::uuid, 'class_booking_confirmation', md5('user' || i)::uuid,
               md5('class' || i)::uuid, now(), 'sent'
        FROM generate_series(1, {MANY}) AS i;
    INSERT INTO idempotency_keys (caller, function_name, key, arguments_hash)
        SELECT 'service', f.name, i, ''
        FROM generate_series(1, {MANY // 10}) AS i,
             (VALUES ('create_class_booking'), ('cancel_class_booking'), ('join_class_waitlist')) AS f (name);
    INSERT INTO audit_log (action, entity, entity_id)
        SELECT 'many', 'many', i FROM generate_series(1, {MANY}) AS i"""


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Not here: rows that were filled in with triggers off need not agree."""


_numbers = count(1)


def commands(studio, service, meter):
    """Let the service run every command and ask every query, of what was made on another connection."""
    for command in COMMANDS:
        arguments = command.prepare(studio).arguments | new_key()
        meter.measure(command.name, lambda c=command, a=arguments: run(service.connection, c.name, **a))
    class_id, booking = studio.full()
    for pays in (studio.package, studio.membership):
        waits = studio.client()
        pays(waits)
        studio.joins(class_id, waits)
    promoted = meter.measure("cancel_class_booking, promoting", lambda: service.cancels(booking))
    meter.measure("cancel_class_booking, again", lambda: service.cancels(promoted["promoted_booking_id"]))
    unpaid = studio.books(studio.plans(), studio.client(), "card")["booking_id"]
    studio.connection.execute("UPDATE bookings SET created_at = now() - interval '1 hour' WHERE id = %s", [unpaid])
    meter.measure("run_maintenance", service.maintains)
    meter.measure("class_roster", lambda: service.roster(class_id))
    meter.measure("upcoming_classes", service.upcoming)
    client = studio.covered()
    meter.measure("get_customer_payment_methods", lambda: service.methods(client))
    meter.measure("erase_person", lambda: service.erases(client.user_id))


def the_widget(studio, anybody, meter):
    """Let anybody look at classes and book, somebody unknown and somebody known."""
    class_id = studio.plans(capacity=10)
    for email in (f"z{next(_numbers)}@anybody.example", studio.client().email, studio.lead().email):
        meter.measure("create_public_booking", lambda e=email: anybody.widget(class_id, e, **new_key()))
    meter.measure("upcoming_classes", lambda: anybody.upcoming())


def an_evening_of_a_client(studio, client, user, meter):
    """Let a client with a login look around, book, wait and cancel."""
    class_id, (full, _) = studio.plans(), studio.full()
    booking = meter.measure("create_class_booking", lambda: user.books(class_id, client))["booking_id"]
    line = meter.measure("join_class_waitlist", lambda: user.joins(full, client))["waitlist_id"]
    meter.measure("leave_class_waitlist", lambda: user.leaves(line))
    meter.measure("cancel_class_booking", lambda: user.cancels(booking))
    meter.measure("get_customer_payment_methods", lambda: user.methods(client))


def policies(user, meter):
    """Let a user read every table: a policy searches by an index."""
    for table in sorted(POLICIES):
        meter.measure(f"SELECT FROM {table}", lambda t=table: user.rows(f"SELECT * FROM {t}"))


FINDS_WORK = {
    "bookings_unpaid": "SELECT b.id FROM bookings b JOIN class_sessions c ON c.id = b.class_session_id"
    " WHERE b.payment_method = 'card' AND b.payment_status IN ('pending', 'failed') AND b.booking_status = 'confirmed'"
    " AND b.created_at <= now() - interval '30 minutes' AND c.starts_at > now() ORDER BY b.created_at LIMIT 1000",
    "class_waitlist_waiting": "SELECT c.id FROM class_sessions c"
    " WHERE c.id IN (SELECT w.class_session_id FROM class_waitlist w WHERE w.status = 'waiting')"
    " AND c.taken < c.capacity AND c.status = 'scheduled' AND c.starts_at - c.booking_cutoff >= now()",
    "bookings_by_address": "SELECT FROM bookings b"
    " WHERE b.network_address = '198.51.1.1' AND b.created_at > now() - interval '1 hour' OFFSET 19 LIMIT 1",
}
"""Partial index -> the query that finds work by it."""


def test_whoever_calls_reads_few_rows_of_many_on_connections_old_and_new(
    studio, studio_as, connect, as_anon, superuser
):
    """Plans are kept per connection: one made while a table was empty must do when it is full."""
    client = studio.client()
    studio.package(client, 1000)

    def callers():
        """Connect as the service, anybody and a client."""
        return Studio(connect(), studio.organization), Studio(as_anon(), studio.organization), studio_as(client)

    superuser.execute("VACUUM")
    old = callers()
    for _ in range(ENOUGH_TO_KEEP_A_PLAN):
        what_reads_much(studio, client, *old)
    superuser.execute(FILL)
    assert what_reads_much(studio, client, *old) == {}

    superuser.execute("ANALYZE")
    new = callers()
    assert what_reads_much(studio, client, *new) == {}
    for user in (new[2], studio_as(studio.staff())):
        meter = Meter(user.connection)
        policies(user, meter)
        assert meter.much == {}
    for index, query in FINDS_WORK.items():
        (plan,) = studio.rows(f"EXPLAIN (FORMAT JSON) {query}")[0]
        assert index in json.dumps(plan)


def what_reads_much(studio, client, service, anybody, user):
    """Let everybody do what they do; return what read more than a few rows."""
    meters = [Meter(each.connection) for each in (service, anybody, user)]
    commands(studio, service, meters[0])
    the_widget(studio, anybody, meters[1])
    an_evening_of_a_client(studio, client, user, meters[2])
    # The widget's rate limits do not matter here.
    studio.connection.execute(
        "UPDATE bookings SET network_address = NULL WHERE organization_id = %s", [studio.organization]
    )
    return meters[0].much | meters[1].much | meters[2].much
