"""Whatever a public function is given, it answers or refuses; a raw error is a bug."""

import json
import random
from collections.abc import Callable, Iterator
from typing import TypeAlias

import psycopg
import pytest
from gusmester.calls import ask
from gusmester.club import UNKNOWN
from psycopg import sql
from support.refusals import assert_refusal

from core.examples import Examples
from core.records import value

CALLS = 500
"""Calls per seed."""

Pool: TypeAlias = list[str | None]

POOLS: dict[str, Pool] = {
    "boolean": [None, "true", "false"],
    "integer": [None, "0", "1", "-1", "60", "150", "1000", "1001", "1000000000", "2147483647", "-2147483648"],
    "bigint": [None, "0", "1", "-1", "9223372036854775807", "-9223372036854775808"],
    "jsonb": [
        None,
        "null",
        "{}",
        "[]",
        "7",
        '{"id": "evt_1", "type": "invoice.paid", "data": {"object": {}}}',
        '{"id": "evt_2", "type": "invoice.paid", "data": {"object": {"subscription": 7, "lines": []}}}',
        '{"id": "evt_3", "type": "checkout.session.completed", "data": {"object": {"subscription": "sub_1",'
        ' "mode": "subscription", "client_reference_id": "anna"}}}',
        '{"id": "evt_4", "type": "customer.subscription.deleted", "created": 1e400, "data": {"object": {"id": "s"}}}',
        '{"id": "evt_5", "type": "x", "data": {"object": null}}',
    ],
    "date": [
        None,
        "today",
        "infinity",
        "-infinity",
        "4713-01-01 BC",
        "1999-12-31",
        "2000-01-01",
        "2099-12-31",
        "2100-01-01",
    ],
    "time without time zone": [None, "00:00", "02:30", "10:00", "23:59:59.999999", "24:00"],
    "interval": [None, "0", "5 minutes", "-1 day", "1 month -30 days", "178000000 years"],
    "timestamp with time zone": [
        None,
        "now",
        "tomorrow",
        "infinity",
        "-infinity",
        "4713-01-01 BC",
        "294276-12-31 23:59:59Z",
        "1999-12-31 23:59:59.999999Z",
        "2099-12-31 23:59:59.999999Z",
        "2100-01-01Z",
    ],
    "text": [
        None,
        "",
        " ",
        "\t\r\n",
        "\x01\x1b\x7f",
        "\N{ZERO WIDTH SPACE}",
        "\N{RIGHT-TO-LEFT OVERRIDE}abc",
        "\N{SAUROPOD}" * 300,
        "Anna",
        "anna@home.example",
        "Europe/Oslo",
        "%s%n%d{}",
        "\\",
        "bonus",
        "expiry",
        "client",
        "lead",
        "membership",
        "cash",
        "week",
        "paid",
        "owner",
        "'; DROP TABLE employees; --",
        "$$;$1",
        "k" * 255,
        "k" * 256,
        "x" * 10_000,
        "x" * 10_001,
        "x" * 100_000,
    ],
}
"""Type -> values, most of them extreme."""


@pytest.fixture(params=["service", "admin", "employee", "owner", "client"])
def caller(
    request: pytest.FixtureRequest,
    examples: Examples,
    db: psycopg.Connection,
    as_user: Callable[..., psycopg.Connection],
) -> psycopg.Connection:
    """Somebody of the club or the studio, which have one of everything."""
    if request.param == "service":
        return db
    if request.param in ("owner", "client"):
        return as_user(examples.studio.owner if request.param == "owner" else examples.studio.client_login)
    db.execute("UPDATE employees SET is_admin = %s WHERE id = %s", [request.param == "admin", examples.host.id])
    return as_user(examples.host.user_id)


def random_array(ids: Pool, chance: random.Random) -> str | None:
    """Return an array of ids: none, empty, with gaps, repetitions, two dimensions, counted from elsewhere, or long."""
    some = [chance.choice(ids) or "NULL" for _ in range(chance.randint(1, 4))]
    row = f"{{{','.join(some)}}}"
    elsewhere = f"[5:{4 + len(some)}]={row}"
    return chance.choice([None, "{}", row, f"{{{row},{row}}}", elsewhere, f"{{{','.join(some * 500)}}}"])


def random_calls(
    db: psycopg.Connection, caller: psycopg.Connection, examples: Examples, chance: random.Random
) -> Iterator[str]:
    """Make calls of what ``caller`` may call, half right, half random, written out to be repeated by hand."""
    ids = value(
        db,
        """
        SELECT array_agg(id::text ORDER BY id) FROM (
            SELECT id FROM employees UNION SELECT user_id FROM employees
            UNION SELECT id FROM sessions UNION SELECT id FROM gusmester_bookings
            UNION SELECT user_id FROM credits
            UNION SELECT id FROM organizations UNION SELECT user_id FROM user_organizations
            UNION SELECT id FROM clients UNION SELECT id FROM leads UNION SELECT id FROM class_sessions
            UNION SELECT id FROM bookings UNION SELECT id FROM memberships UNION SELECT id FROM packages
            UNION SELECT id FROM class_waitlist) AS known (id)
        """,
    )
    pools = POOLS | {"uuid": [None, UNKNOWN, *ids]}
    functions = caller.execute("""
        SELECT proname, proargnames[:pronargs], proargtypes::regtype[]::text[] FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND prorettype <> 'trigger'::regtype AND proname !~ '^_'
          AND pronargs > 0 AND has_function_privilege(oid, 'EXECUTE')
        ORDER BY proname
    """).fetchall()
    for _ in range(CALLS):
        name, parameters, types = chance.choice(functions)
        arguments = []
        for parameter, kind in zip(parameters, types, strict=True):
            chosen = random_array(pools["uuid"], chance) if kind == "uuid[]" else chance.choice(pools[kind])
            if chance.random() < 0.7:
                chosen = examples.calls[name].get(parameter)
            arguments.append(f"{parameter} => {sql.Literal(chosen).as_string(caller)}::{kind}")
        yield f"SELECT * FROM {name}({', '.join(arguments)})"


@pytest.mark.parametrize("seed", [1, 2])
def test_random_calls_are_answered_or_refused(seed, caller, examples, db):
    for query in random_calls(db, caller, examples, random.Random(seed)):
        try:
            caller.execute(query)
        except psycopg.Error as error:
            sqlstate = error.sqlstate or ""
            assert sqlstate.startswith("PT"), f"raw {sqlstate} from {query[:3000]}"
            assert_refusal(error, json.loads(error.diag.message_detail)["reason"])
    assert ask(db, "verify_invariants") == []
