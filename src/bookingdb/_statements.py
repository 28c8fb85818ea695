"""The statements around a call, which travel with it as one message.

The server runs a message of several statements in one transaction and rolls all of it back should one fail. So a call
as an end user costs one round trip, like any other.
"""

import json
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.postgres import register_default_adapters
from psycopg.types.array import register_all_arrays
from psycopg.types.json import set_json_loads

ADAPTERS = AdaptersMap(types=psycopg.adapters.types)
"""How values travel, whatever a program has told psycopg or a connection; Django's, for one, leaves jsonb a text."""
register_default_adapters(ADAPTERS)
register_all_arrays(ADAPTERS)
set_json_loads(json.loads, ADAPTERS)

ROLL_BACK_TO_SAVEPOINT = b"ROLLBACK TO SAVEPOINT bookingdb_call; RELEASE SAVEPOINT bookingdb_call"

_SAVEPOINT = b"SAVEPOINT bookingdb_call"
_RELEASE = b"RELEASE SAVEPOINT bookingdb_call"
# Commands run at no other level, and the session's own may be another.
_READ_COMMITTED = b"SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
_READ_ONLY = _READ_COMMITTED + b" READ ONLY"
_BECOME = [b"SET LOCAL ROLE authenticated", b"SET LOCAL request.jwt.claims = %s"]
_REMEMBER = b"""SELECT set_config('bookingdb.role', current_setting('role'), true),
    set_config('bookingdb.claims', coalesce(current_setting('request.jwt.claims', true), ''), true)"""
_RESTORE = b"""SELECT set_config('role', current_setting('bookingdb.role'), true),
    set_config('request.jwt.claims', current_setting('bookingdb.claims'), true)"""


def script(
    call: bytes, values: list[Any], claims: str | None, *, owned: bool, read_only: bool
) -> tuple[bytes, list[Any], int]:
    """Return the message around a call, its parameters, and how many results come before the call's.

    Without claims the call is made as whoever the connection is. In a transaction of its own (``owned``) the message is
    that transaction, which may be ``read_only``. In the caller's it is a savepoint there, so that a refusal undoes the
    call alone; role and claims are given back at its end.
    """
    begin = _READ_ONLY if read_only else _READ_COMMITTED
    before, after = ([begin], []) if owned else ([_SAVEPOINT], [_RELEASE])
    if claims is not None:
        if not owned:
            before.append(_REMEMBER)
            after.insert(0, _RESTORE)
        before += _BECOME
        values = [claims, *values]
    return b"; ".join([*before, call, *after]), values, len(before)
