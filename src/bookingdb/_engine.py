"""Runs calls: on which connection, in whose transaction, acting as whom, and how often."""

# Generated from _aengine.py by `make wrappers`: change that instead.

from collections.abc import Iterable, Mapping
from contextlib import suppress
from time import sleep
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from bookingdb._function import DEFAULT, Function, Row, to_text
from bookingdb._lookup import LOOK_UP, PUBLIC_FUNCTIONS, function_of, unknown
from bookingdb._retry import pause_before_retry
from bookingdb._source import Lease, ScriptCursor, Source
from bookingdb._statements import ROLL_BACK_TO_SAVEPOINT, script
from bookingdb.errors import UnknownFunction, translate

T = TypeVar("T")


class Engine:
    """The calls of one schema on the connections of one source."""

    def __init__(self, source: Source, schema: str, retries: int) -> None:
        self._source = source
        self._schema = schema
        self._retries = retries
        self._statements: dict[tuple[Function[Any], tuple[str, ...]], bytes] = {}
        self._looked_up: dict[str, Function[Any]] = {}

    def call(self, name: str, params: Mapping[str, Any], claims: str | None) -> Any:
        """Call a function by its name, which the catalog is asked about once."""
        params = {param.removesuffix("_"): value for param, value in params.items() if value is not DEFAULT}
        function = self._function(to_text("function", name), params)
        return self.run(function, function.arguments(params), claims)

    def run(self, function: Function[T], arguments: dict[str, Any], claims: str | None) -> T:
        """Call a function, again where that is safe and may help."""
        call, values = self._statement(function, arguments), list(arguments.values())
        attempt = 0
        while True:
            with self._source.lease() as lease:
                try:
                    return function.read(self._execute(lease, call, values, claims, attempt))
                except psycopg.Error as error:
                    pause = self._pause(error, lease, function, arguments, attempt)
                    if pause is None:
                        translated = translate(error, lost=lease.lost(error))
                        if translated is error:
                            raise
                        raise translated from error
            attempt += 1
            sleep(pause)

    def close(self) -> None:
        """Close what was opened here."""
        self._source.close()

    def _execute(self, lease: Lease, call: bytes, values: list[Any], claims: str | None, attempt: int) -> list[Row]:
        if claims is None and lease.is_plain():
            # Only the first attempt is prepared: the next must not meet the same stale plan.
            lease.cursor.execute(call, values, prepare=False if attempt else None)
            return lease.cursor.fetchall()
        text, values, place = script(call, values, claims, owned=lease.owned, read_only=lease.read_only)
        if lease.owned:
            return _run_script(lease, text, values, place)
        return _run_in_callers_transaction(lease, text, values, place)

    def _pause(
        self, error: psycopg.Error, lease: Lease, function: Function[Any], arguments: dict[str, Any], attempt: int
    ) -> float | None:
        if not lease.owned:
            return None
        lost = lease.lost(error)
        repeatable = not function.writes or arguments.get("idempotency_key") is not None
        if lost and not repeatable:
            error.add_note("Whether the call was made is unknown. With an idempotency_key it can be made again safely.")
        if lost and not (repeatable and self._source.renews):
            return None
        return pause_before_retry(error, attempt=attempt, retries=self._retries, reconnect=lost)

    def _statement(self, function: Function[Any], given: Iterable[str]) -> bytes:
        key = (function, tuple(given))
        statement = self._statements.get(key)
        if statement is None:
            statement = self._statements[key] = function.statement(self._schema, given)
        return statement

    def _function(self, name: str, params: Iterable[str]) -> Function[Any]:
        """Look a function up, again when what we know of it does not fit: it may have been replaced meanwhile."""
        known = self._looked_up.get(name)
        if known is None or known.misfit(params):
            known = self._looked_up[name] = self._look_up(name)
        if misfit := known.misfit(params):
            raise UnknownFunction(misfit)
        return known

    def _look_up(self, name: str) -> Function[Any]:
        with self._source.lease() as lease:
            lease.cursor.execute(LOOK_UP, (self._schema, name), prepare=False)
            if row := lease.cursor.fetchone():
                return function_of(name, row)
            lease.cursor.execute(PUBLIC_FUNCTIONS, (self._schema,), prepare=False)
            raise UnknownFunction(unknown(self._schema, name, lease.cursor.fetchall()))


def _run_script(lease: Lease, text: bytes, values: list[Any], place: int) -> list[Row]:
    cursor = ScriptCursor(lease.connection)
    cursor.execute(text, values)
    for _ in range(place):
        cursor.nextset()
    return cursor.fetchall()


def _run_in_callers_transaction(lease: Lease, text: bytes, values: list[Any], place: int) -> list[Row]:
    status = lease.connection.pgconn.transaction_status
    try:
        return _run_script(lease, text, values, place)
    except BaseException:
        if status != TransactionStatus.INERROR == lease.connection.pgconn.transaction_status:
            with suppress(psycopg.Error):  # nothing can be saved of a transaction that lost its connection
                lease.cursor.execute(ROLL_BACK_TO_SAVEPOINT)
        raise
