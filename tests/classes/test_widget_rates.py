"""Scenario 36: how often the widget books for a network address and for an e-mail address."""

import json

import psycopg
import pytest
from gusmester.snapshot import nothing_written
from support.refusals import refused
from support.whole_server import whole_server

from bookingdb.deploy import migrate
from classes.studio import Studio


@pytest.fixture
def class_id(studio):
    """A class with many places."""
    return studio.plans(capacity=1000)


@pytest.fixture
def from_address(studio, as_anon):
    """The studio as a request with this x-forwarded-for sees it."""
    anybody = Studio(as_anon(), studio.organization)

    def from_address(forwarded):
        headers = "" if forwarded is None else json.dumps({"host": "studio.example", "x-forwarded-for": forwarded})
        anybody.connection.execute("SELECT set_config('request.headers', %s, false)", [headers])
        return anybody

    return from_address


def limits(studio, **settings):
    """Change settings."""
    for name, value in settings.items():
        studio.connection.execute(f"UPDATE settings SET {name} = %s", [value])


def addresses(studio):
    """Return from where was booked, in order."""
    return [each for (each,) in studio.rows("SELECT network_address FROM bookings ORDER BY created_at, id")]


def test_of_a_hundred_from_one_address_twenty_are_booked_and_the_others_leave_nothing(studio, from_address, class_id):
    anybody = from_address("198.51.100.7")
    for n in range(20):
        anybody.widget(class_id, f"z{n}@anybody.example")
    with nothing_written(studio.connection):
        for n in range(20, 100):
            with refused("rate_limited", limit=20):
                anybody.widget(class_id, f"z{n}@anybody.example")
    assert studio.value("SELECT count(*) FROM leads") == studio.taken(class_id) == 20
    assert from_address("198.51.100.8").widget(class_id, "z99@anybody.example")["success"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.7", ""),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        (1, "6.6.6.6,5.5.5.5 ,  198.51.100.7 ", "198.51.100.7"),
        (2, "6.6.6.6, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (2, "198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (2, "10.0.0.1", ""),
        (1, "2001:db8::7", "2001:db8:0:0::/64"),
        (1, "2001:0DB8:0:0:aaaa:bbbb:cccc:dddd", "2001:db8:0:0::/64"),
        (1, "2001:db8:a:b::", "2001:db8:a:b::/64"),
        (1, "[2001:db8:a:b::7]:4711", "2001:db8:a:b::/64"),
        (1, "::1", "0:0:0:0::/64"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
        (1, "198.51.100.7:4711", "198.51.100.7"),
        (1, "unknown", "unknown"),
        (1, ":::", "0:0:0:0::/64"),
        (1, "1:2:3:4:5:6:7:8:9:a", "1:2:3:4::/64"),
        (1, "64:ff9b::198.51.100.7", "64:ff9b::198.51.100.7"),
        (1, "", ""),
        (1, "6.6.6.6, ", ""),
        (1, None, ""),
        (1, "x" * 500, "x" * 100),
    ],
)
def test_the_address_is_what_the_trusted_proxies_say(studio, from_address, class_id, proxies, forwarded, expected):
    """On a Unix socket there is no other."""
    limits(studio, trusted_proxies=proxies)
    from_address(forwarded).widget(class_id)
    assert addresses(studio) == [expected]


@pytest.mark.parametrize("headers", ["", "{}", '{"x-forwarded-for": null}', '{"host": "studio.example"}'])
def test_requests_without_the_header_have_the_connections_address(studio, as_anon, class_id, headers):
    anybody = Studio(as_anon(), studio.organization)
    anybody.connection.execute("SELECT set_config('request.headers', %s, false)", [headers])
    anybody.widget(class_id)
    assert addresses(studio) == [""]


def test_the_connections_own_address_over_tcp_where_the_module_is_installed_alone():
    with whole_server() as server:
        migrate(server.url(), modules=["classes"])
        with psycopg.connect(server.url(), autocommit=True, options="-csearch_path=bookingdb,pg_temp") as connection:
            studio = Studio(connection)
            studio.widget(studio.plans())
            assert addresses(studio) == ["127.0.0.1"]
            assert studio.broken_invariants() == []


def test_what_the_caller_writes_to_the_left_does_not_help(studio, from_address, class_id):
    limits(studio, widget_bookings_per_address=2)
    for n in range(2):
        from_address(f"6.6.6.{n}, 198.51.100.7").widget(class_id, f"z{n}@anybody.example")
    anybody = from_address("6.6.6.9, 198.51.100.7")
    with refused("rate_limited", limit=2):
        anybody.widget(class_id, "z2@anybody.example")


def test_an_e_mail_address_is_booked_for_so_often_wherever_from(studio, from_address, refuses):
    classes = [studio.plans() for _ in range(6)]
    for n in range(5):
        from_address(f"198.51.100.{n}").widget(classes[n], ["zoe@anybody.example", "ZOE@anybody.example"][n % 2])
    anybody = from_address("198.51.100.99")
    with refuses("rate_limited", limit=5):
        anybody.widget(classes[5])
    assert anybody.widget(classes[5], "yan@anybody.example")["success"]


def test_a_clients_address_has_the_same_limit(studio, from_address, refuses):
    limits(studio, widget_bookings_per_email=1)
    client = studio.client(email="zoe@anybody.example")
    classes = [studio.plans() for _ in range(2)]
    studio.books(classes[0], client, "card")  # not by the widget
    from_address("198.51.100.1").widget(classes[1])
    other = studio.plans()
    anybody = from_address("198.51.100.2")
    with refuses("rate_limited", limit=1):
        anybody.widget(other)


def test_another_organization_counts_an_e_mail_address_for_itself(studio, from_address):
    limits(studio, widget_bookings_per_email=1)
    from_address("198.51.100.1").widget(studio.plans())
    other = studio.opens()
    class_id = studio.plans(p_organization_id=other)
    assert from_address("198.51.100.1").widget(class_id, p_organization_id=other)["success"]


def test_the_limit_is_for_a_while(studio, from_address, refuses):
    limits(studio, widget_bookings_per_address=1, widget_rate_window="10 minutes")
    classes = [studio.plans() for _ in range(2)]
    anybody = from_address("198.51.100.1")
    anybody.widget(classes[0])
    with studio.connection.transaction():
        studio.connection.execute(
            "SELECT set_config('request.headers', %s, true)", ['{"x-forwarded-for": "198.51.100.1"}']
        )
        studio.connection.execute(
            "UPDATE bookings SET created_at = now() - interval '10 minutes' + interval '1 second'"
        )
        with refused("rate_limited"):
            studio.widget(classes[1], "yan@anybody.example")
        studio.connection.execute("UPDATE bookings SET created_at = now() - interval '10 minutes'")
        assert studio.widget(classes[1], "yan@anybody.example")["success"]


def test_repeats_do_not_count(studio, from_address):
    limits(studio, widget_bookings_per_address=2)
    classes = [studio.plans(capacity=2) for _ in range(2)]
    anybody = from_address("198.51.100.1")
    for _ in range(5):
        anybody.widget(classes[0])
    assert anybody.widget(classes[1])["success"]


def test_cancelled_bookings_count(studio, from_address, refuses):
    limits(studio, widget_bookings_per_address=1)
    classes = [studio.plans() for _ in range(2)]
    anybody = from_address("198.51.100.1")
    anybody.widget(classes[0])
    studio.cancels(studio.value("SELECT id::text FROM bookings"))
    with refuses("rate_limited"):
        anybody.widget(classes[1])
