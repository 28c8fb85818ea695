"""A thin client: calls the database's functions by name and turns their refusals into exceptions."""

import json
from collections.abc import Mapping
from threading import Lock
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from bookingdb._function import Function, look_up, to_uuid
from bookingdb.errors import UnknownFunction, translate


def connect(conninfo: str | psycopg.Connection[Any], schema: str = "bookingdb") -> "Database":
    """Return the ``Database`` behind a connection string, or behind a psycopg connection of the caller's.

    With a connection string every call is a transaction of its own, committed when it succeeds. On the caller's
    connection a call belongs to the caller's transaction: it is neither committed nor rolled back here.
    """
    if isinstance(conninfo, psycopg.Connection):
        return Database(conninfo, schema)
    # A prepared statement would outlive its transaction, which a transaction pooler hands to somebody else.
    connection = psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    return Database(connection, schema, owns_connection=True)


class Database:
    """The functions of one schema, called as whoever the connection is: usually the service."""

    def __init__(self, connection: psycopg.Connection[Any], schema: str, *, owns_connection: bool = False) -> None:
        self._connection = connection
        self._schema = schema
        self._owns_connection = owns_connection
        self._functions: dict[str, Function] = {}
        # A second thread's call would otherwise land in the first one's transaction, acting as the first one's user.
        self._lock = Lock()

    def call(self, function: str, /, **params: Any) -> Any:
        """Call a function, with its parameters named without their ``p_``; those left out keep their defaults.

        One that is a word of Python's gets an underscore: ``from_`` is ``p_from``.
        A command returns a dict, a table function a list of dicts, any other function its value.
        Raises a ``BookingError`` when a rule refuses and ``RetryableError`` when trying again may succeed.
        """
        return self._call(function, params, claims=None)

    def as_user(self, user_id: UUID | str) -> "ActingUser":
        """Return the same database seen by this end user: every call acts as them and may do what they may."""
        return ActingUser(self, to_uuid("user_id", user_id))

    def close(self) -> None:
        """Close the connection, unless it is the caller's."""
        if self._owns_connection:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, name: str, params: Mapping[str, Any], claims: str | None) -> Any:
        params = {param.removesuffix("_"): value for param, value in params.items()}
        with self._lock:
            try:
                if self._connection.autocommit and self._is_idle():
                    return self._call_twice_if_replaced(name, params, claims)
                return self._call_in_callers_transaction(name, params, claims)
            except psycopg.Error as error:
                translated = translate(error)
                if translated is error:
                    raise
                raise translated from error

    def _call_twice_if_replaced(self, name: str, params: Mapping[str, Any], claims: str | None) -> Any:
        """Try again after the errors that replacing a function leaves behind in the plans of a connection.

        0A000 is "cached plan must not change result type", XX000 "cache lookup failed". They are told by SQLSTATE,
        for the text is in the server's language; whatever else they mean fails the second time too.
        """
        try:
            return self._call_in_own_transaction(name, params, claims)
        except (psycopg.errors.FeatureNotSupported, psycopg.errors.InternalError_):
            self._functions.clear()
            return self._call_in_own_transaction(name, params, claims)

    def _call_in_own_transaction(self, name: str, params: Mapping[str, Any], claims: str | None) -> Any:
        function = self._function(name, params)
        arguments = function.arguments(params)
        with self._connection.transaction():
            if claims is not None:
                self._become("authenticated", claims)
            return function.run(self._connection, arguments)

    def _call_in_callers_transaction(self, name: str, params: Mapping[str, Any], claims: str | None) -> Any:
        """Call within a savepoint: a refusal undoes the call alone, role and claims included."""
        function = self._function(name, params)
        arguments = function.arguments(params)
        if self._is_idle():
            self._connection.execute("SELECT")  # begins the caller's transaction; else transaction() would, and commit
        with self._connection.transaction():
            if claims is None:
                return function.run(self._connection, arguments)
            former = self._become("authenticated", claims)
            result = function.run(self._connection, arguments)
            self._become(*former)
            return result

    def _become(self, role: str, claims: str) -> tuple[str, str]:
        """Act with this role and these claims until the transaction ends; return the former ones."""
        cursor = psycopg.Cursor(self._connection, row_factory=tuple_row)
        former = cursor.execute(_BECOME, {"role": role, "claims": claims}).fetchall()
        return former[0][:2]

    def _is_idle(self) -> bool:
        return self._connection.info.transaction_status == TransactionStatus.IDLE

    def _function(self, name: str, params: Mapping[str, Any]) -> Function:
        """Look a function up, again when what we know of it does not fit: it may have been replaced meanwhile."""
        known = self._functions.get(name)
        if known is None or known.misfit(params):
            known = look_up(self._connection, self._schema, name)
            self._functions[name] = known
        if misfit := known.misfit(params):
            raise UnknownFunction(misfit)
        return known


class ActingUser:
    """A database seen by one end user (role ``authenticated`` and their claims, for the length of each call)."""

    def __init__(self, database: Database, user_id: UUID) -> None:
        self.user_id = user_id
        self._database = database
        self._claims = json.dumps({"sub": str(user_id), "role": "authenticated"})

    def call(self, function: str, /, **params: Any) -> Any:
        """Call a function as this user; see ``Database.call``."""
        return self._database._call(function, params, self._claims)


# The former settings are materialized, so that they are read before they change.
_BECOME = """
    WITH former AS MATERIALIZED (
        SELECT current_setting('role') AS role, coalesce(current_setting('request.jwt.claims', true), '') AS claims)
    SELECT former.role, former.claims,
           set_config('role', %(role)s, true), set_config('request.jwt.claims', %(claims)s, true)
      FROM former
"""
