"""What a call costs on the wire: the answers that come back are counted between client and server."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from psycopg_pool import ConnectionPool
from wrapper.proxy import Proxy

import bookingdb

WARM = 10
"""After so many calls what is worth preparing is prepared."""


def steady_trips(proxy: Proxy, call: Callable[[], object]) -> int:
    for _ in range(WARM):
        call()
    return proxy.trips_of(call)


@pytest.mark.parametrize("autocommit", [True, False])
def test_one_for_a_call_on_a_pool(proxy: Proxy, dsn: str, employee: UUID, user: UUID, autocommit: bool) -> None:
    with ConnectionPool(proxy.conninfo(dsn), min_size=1, max_size=1, kwargs={"autocommit": autocommit}) as pool:
        database = bookingdb.connect(pool)
        assert steady_trips(proxy, lambda: database.adjust_employee_points(employee, 1, "x")) == 1
        assert steady_trips(proxy, lambda: database.as_user(user).adjust_employee_points(employee, 1, "x")) == 1


def test_one_for_a_call_on_a_connection_of_its_own(proxy: Proxy, dsn: str, employee: UUID, user: UUID) -> None:
    with bookingdb.connect(proxy.conninfo(dsn)) as database:
        assert steady_trips(proxy, lambda: database.adjust_employee_points(employee, 1, "x")) == 1
        assert steady_trips(proxy, lambda: database.as_user(user).adjust_employee_points(employee, 1, "x")) == 1
        assert proxy.trips_of(database.verify_invariants) == 1  # nothing is looked up before the first call
        database.call("verify_invariants")
        assert proxy.trips_of(lambda: database.call("verify_invariants")) == 1


def test_one_for_a_call_in_the_callers_transaction(proxy: Proxy, dsn: str, employee: UUID, user: UUID) -> None:
    with psycopg.connect(proxy.conninfo(dsn)) as connection:
        connection.execute("SELECT")
        database = bookingdb.connect(connection)
        assert steady_trips(proxy, lambda: database.adjust_employee_points(employee, 1, "x")) == 1
        assert steady_trips(proxy, lambda: database.as_user(user).adjust_employee_points(employee, 1, "x")) == 1


def test_what_a_connection_is_like_is_asked_once(proxy: Proxy, dsn: str, employee: UUID) -> None:
    with psycopg.connect(proxy.conninfo(dsn), autocommit=True) as connection:
        bookingdb.connect(connection).get_employee_points(employee)
        assert proxy.trips_of(lambda: bookingdb.connect(connection).get_employee_points(employee)) == 1


def test_two_to_connect(proxy: Proxy, dsn: str) -> None:
    assert proxy.trips_of(lambda: bookingdb.connect(proxy.conninfo(dsn)).close()) == 2
