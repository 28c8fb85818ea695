"""Roles: who owns the installation, and the API roles its files grant to."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection, errors, sql

from bookingdb.deploy.errors import WRONG_USAGE, DeployError

API_ROLES = ("anon", "authenticated", "service_role")

_ATTEMPTS = 3


@dataclass(frozen=True)
class _Role:
    name: str
    exists: bool
    granted: bool
    """The owner may act as it."""


def current_user(conn: Connection[Any]) -> str:
    """Return the role whose privileges count now."""
    (name,) = conn.execute("SELECT current_user").fetchall()[0]
    return str(name)


def owner(conn: Connection[Any], schema: str) -> str:
    """Return who owns, or will own, everything: the owner of what is installed, else of the schema.

    A superuser, or a member of that role, deploys as the owner, so that there is only ever one.
    """
    found = conn.execute(
        """
        SELECT r.rolname, pg_has_role(r.oid, %(become)s), c.oid IS NOT NULL
        FROM pg_namespace n
        LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'applied_migrations'
        JOIN pg_roles r ON r.oid = coalesce(c.relowner, n.nspowner)
        WHERE n.nspname = %(schema)s
        """,
        {"schema": schema, "become": _become(conn)},
    ).fetchone()
    name, possible, installed = found or ("", False, False)
    if possible and not name.startswith("pg_"):
        return str(name)
    if installed:
        raise DeployError(
            f'What is installed in schema "{schema}" belongs to role "{name}".',
            f'Connect as "{name}" or as a member of it.',
            exit_code=WRONG_USAGE,
        )
    return current_user(conn)


def check(conn: Connection[Any], owner: str) -> None:
    """Refuse when API roles are missing, or not granted to the owner, that this user may not make or grant."""
    (may_create,) = conn.execute(
        "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchall()[0]
    grantable = _grantable(conn)
    for role in _roles(conn, owner):
        if not (may_create if not role.exists else role.granted or role.name in grantable):
            raise _refusal(conn, owner)


def missing(conn: Connection[Any], owner: str) -> list[str]:
    """Return the API roles that do not exist."""
    return [role.name for role in _roles(conn, owner) if not role.exists]


def make(conn: Connection[Any], owner: str) -> None:
    """Make the missing API roles and grant them to the owner: all of it or nothing."""
    for attempt in range(_ATTEMPTS):
        try:
            with conn.transaction():
                for statement in _statements(conn, owner):
                    conn.execute(statement)
            return
        except errors.InsufficientPrivilege as error:
            raise _refusal(conn, owner) from error
        except (errors.DuplicateObject, errors.UniqueViolation):
            # roles belong to the whole server: a deployer in another database made the same ones just now
            if attempt == _ATTEMPTS - 1:
                raise


def _become(conn: Connection[Any]) -> str:
    """Return the privilege that lets one SET ROLE: whoever makes a role on 16 and later only administers it."""
    return "SET" if conn.info.server_version >= 160000 else "MEMBER"


def _roles(conn: Connection[Any], owner: str) -> list[_Role]:
    rows = conn.execute(
        """
        SELECT wanted.name, r.oid IS NOT NULL, coalesce(pg_has_role(%s, r.oid, %s), false)
        FROM unnest(%s::text[]) WITH ORDINALITY AS wanted (name, position)
        LEFT JOIN pg_roles r ON r.rolname = wanted.name
        ORDER BY wanted.position
        """,
        [owner, _become(conn), list(API_ROLES)],
    )
    return [_Role(*row) for row in rows]


def _grantable(conn: Connection[Any]) -> set[str]:
    """Return the API roles that the current user may grant; up to 15, CREATEROLE is enough for that."""
    rows = conn.execute(
        """
        SELECT r.rolname
        FROM pg_roles r, pg_roles me
        WHERE r.rolname = ANY(%s) AND me.rolname = current_user
        AND (me.rolsuper
             OR NOT r.rolsuper AND (pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION') OR me.rolcreaterole AND %s))
        """,
        [list(API_ROLES), conn.info.server_version < 160000],
    )
    return {name for (name,) in rows}


def _statements(conn: Connection[Any], owner: str) -> list[sql.Composed]:
    roles = _roles(conn, owner)
    create = [sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role.name)) for role in roles if not role.exists]
    grant = [
        sql.SQL("GRANT {} TO {}").format(sql.Identifier(role.name), sql.Identifier(owner))
        for role in roles
        if not role.granted
    ]
    return create + grant


def script(conn: Connection[Any], owner: str) -> str:
    """Return the SQL that makes the missing API roles and grants them to the owner; empty if there is nothing to do."""
    return "\n".join(f"  {statement.as_string(conn)};" for statement in _statements(conn, owner))


def _refusal(conn: Connection[Any], owner: str) -> DeployError:
    user = current_user(conn)
    not_granted = ", ".join(role.name for role in _roles(conn, owner) if not role.granted)
    return DeployError(
        f'Roles are missing that "{user}" may not make or grant.'
        if missing(conn, owner)
        else f'Roles are not granted to "{owner}" that "{user}" may not grant: {not_granted}.',
        f"Have a superuser run this once, then run migrate again:\n{script(conn, owner)}",
        exit_code=WRONG_USAGE,
    )
