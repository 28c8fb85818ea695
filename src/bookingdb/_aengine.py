"""Runs calls: on which connection, in whose transaction, acting as whom, and how often."""

from asyncio import sleep
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from bookingdb._asource import AsyncLease, AsyncScriptCursor, AsyncSource
from bookingdb._function import DEFAULT, Function, Row, to_text
from bookingdb._lookup import LOOK_UP, PUBLIC_FUNCTIONS, function_of, unknown
from bookingdb._retry import pause_before_retry
from bookingdb._statements import ROLL_BACK_TO_SAVEPOINT, script
from bookingdb.errors import UnknownFunction, translate

T = TypeVar("T")


class AsyncEngine:
    """The calls of one schema on the connections of one source."""

    def __init__(self, source: AsyncSource, schema: str, retries: int) -> None:
        self._source = source
        self._schema = schema
        self._retries = retries
        self._statements: dict[tuple[Function[Any], tuple[str, ...]], bytes] = {}
        self._looked_up: dict[str, Function[Any]] = {}

    async def call(self, name: str, params: Mapping[str, Any], claims: str | None) -> Any:
        """Call a function by its name, which the catalog is asked about once."""
        params = {param.removesuffix("_"): value for param, value in params.items() if value is not DEFAULT}
        function = await self._function(to_text("function", name), params)
        return await self.run(function, function.arguments(params), claims)

    async def run(self, function: Function[T], arguments: dict[str, Any], claims: str | None) -> T:
        """Call a function, again where that is safe and may help."""
        call, values = self._statement(function, arguments), list(arguments.values())
        attempt = 0
        while True:
            async with self._source.lease() as lease:
                try:
                    return function.read(await self._execute(lease, call, values, claims, attempt))
                except psycopg.Error as error:
                    pause = self._pause(error, lease, function, arguments, attempt)
                    if pause is None:
                        translated = translate(error, lost=lease.lost(error))
                        if translated is error:
                            raise
                        raise translated from error
            attempt += 1
            await sleep(pause)

    async def close(self) -> None:
        """Close what was opened here."""
        await self._source.close()

    async def _execute(
        self, lease: AsyncLease, call: bytes, values: list[Any], claims: str | None, attempt: int
    ) -> list[Row]:
        if claims is None and await lease.is_plain():
            # Only the first attempt is prepared: the next must not meet the same stale plan.
            await lease.cursor.execute(call, values, prepare=False if attempt else None)
            return await lease.cursor.fetchall()
        text, values, place = script(call, values, claims, owned=lease.owned, read_only=lease.read_only)
        if lease.owned:
            return await _run_script(lease, text, values, place)
        return await _run_in_callers_transaction(lease, text, values, place)

    def _pause(
        self, error: psycopg.Error, lease: AsyncLease, function: Function[Any], arguments: dict[str, Any], attempt: int
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

    async def _function(self, name: str, params: Iterable[str]) -> Function[Any]:
        """Look a function up, again when what we know of it does not fit: it may have been replaced meanwhile."""
        known = self._looked_up.get(name)
        if known is None or known.misfit(params):
            known = self._looked_up[name] = await self._look_up(name)
        if misfit := known.misfit(params):
            raise UnknownFunction(misfit)
        return known

    async def _look_up(self, name: str) -> Function[Any]:
        async with self._source.lease() as lease:
            await lease.cursor.execute(LOOK_UP, (self._schema, name), prepare=False)
            if row := await lease.cursor.fetchone():
                return function_of(name, row)
            await lease.cursor.execute(PUBLIC_FUNCTIONS, (self._schema,), prepare=False)
            raise UnknownFunction(unknown(self._schema, name, await lease.cursor.fetchall()))


async def _run_script(lease: AsyncLease, text: bytes, values: list[Any], place: int) -> list[Row]:
    cursor = AsyncScriptCursor(lease.connection)
    await cursor.execute(text, values)
    for _ in range(place):
        cursor.nextset()
    return await cursor.fetchall()


async def _run_in_callers_transaction(lease: AsyncLease, text: bytes, values: list[Any], place: int) -> list[Row]:
    status = lease.connection.pgconn.transaction_status
    try:
        return await _run_script(lease, text, values, place)
    except BaseException:
        if status != TransactionStatus.INERROR == lease.connection.pgconn.transaction_status:
            with suppress(psycopg.Error):  # nothing can be saved of a transaction that lost its connection
                await lease.cursor.execute(ROLL_BACK_TO_SAVEPOINT)
        raise
