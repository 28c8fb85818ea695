"""The schema everything lives in: its name, the privileges it takes, and who may use it."""

from contextlib import suppress
from typing import Any

from psycopg import Connection, errors, sql

from bookingdb.deploy.errors import WRONG_USAGE, DeployError
from bookingdb.deploy.roles import API_ROLES, current_user

_LONGEST = 63  # bytes of a name


def check_name(schema: str, option: str = "--schema") -> None:
    """Refuse a name no schema of ours can have; any other, however odd, is fine."""
    if not schema or "\0" in schema or len(schema.encode()) > _LONGEST:
        raise _wrong_name(schema, option, f"a name has 1 to {_LONGEST} bytes")
    if schema.startswith("pg_") or schema == "information_schema":
        raise _wrong_name(schema, option, "that name belongs to PostgreSQL")
    if schema == "$user":
        raise _wrong_name(schema, option, "a search path takes it for the name of the user")


def _wrong_name(schema: str, option: str, why: str) -> DeployError:
    return DeployError(f"{schema!r} cannot be the schema: {why}.", f"Choose another {option}.", exit_code=WRONG_USAGE)


def exists(conn: Connection[Any], schema: str) -> bool:
    """Tell whether there is such a schema."""
    return conn.execute("SELECT FROM pg_namespace WHERE nspname = %s", [schema]).fetchone() is not None


def may_use(conn: Connection[Any], schema: str) -> bool:
    """Tell whether the current user may look into the schema, or there is none."""
    found = conn.execute(
        "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = %s", [schema]
    ).fetchone()
    return found != (False,)


def check_privileges(conn: Connection[Any], schema: str, owner: str) -> None:
    """Refuse when the owner may not create in the schema, or make it; and when strangers may create in it."""
    if not exists(conn, schema):
        _require_create_on_database(conn, owner)
        return
    (may_create,) = conn.execute(
        "SELECT has_schema_privilege(%s, n.oid, 'CREATE') AND has_schema_privilege(%s, n.oid, 'USAGE')"
        " FROM pg_namespace n WHERE n.nspname = %s",
        [owner, owner, schema],
    ).fetchall()[0]
    if not may_create:
        raise _privilege_missing(conn, owner, f'create in schema "{schema}"', "USAGE, CREATE ON SCHEMA", schema)
    _refuse_strangers(conn, schema)


def _require_create_on_database(conn: Connection[Any], owner: str) -> None:
    database, allowed = conn.execute(
        "SELECT current_database(), has_database_privilege(%s, current_database(), 'CREATE')", [owner]
    ).fetchall()[0]
    if not allowed:
        raise _privilege_missing(conn, owner, f'make a schema in database "{database}"', "CREATE ON DATABASE", database)


def _privilege_missing(conn: Connection[Any], owner: str, what: str, privilege: str, name: str) -> DeployError:
    grant = sql.SQL("GRANT {} {} TO {};").format(sql.SQL(privilege), sql.Identifier(name), sql.Identifier(owner))
    return DeployError(
        f'"{owner}" may not {what}.',
        f"Have the owner of the database or a superuser run:\n  {grant.as_string(conn)}",
        exit_code=WRONG_USAGE,
    )


def _refuse_strangers(conn: Connection[Any], schema: str) -> None:
    """Refuse a schema in which API users may create: they could put functions in the way of ours."""
    strangers = conn.execute(
        """
        SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
        FROM pg_namespace n, aclexplode(n.nspacl) a
        WHERE n.nspname = %s AND a.privilege_type = 'CREATE'
        AND (a.grantee = 0 OR a.grantee IN (SELECT oid FROM pg_roles WHERE rolname = ANY(%s)))
        ORDER BY 1
        """,
        [schema, list(API_ROLES)],
    ).fetchall()
    if strangers:
        names = ", ".join(name for (name,) in strangers)
        revoke = sql.SQL("REVOKE CREATE ON SCHEMA {} FROM {};").format(sql.Identifier(schema), sql.SQL(names))
        raise DeployError(
            f'{names} may create objects in schema "{schema}" and so put their own in the way of ours.',
            f"Run this first:\n  {revoke.as_string(conn)}",
            exit_code=WRONG_USAGE,
        )


def not_usable_by(conn: Connection[Any], schema: str) -> list[str]:
    """Return the API roles that may not look into the schema, missing ones included."""
    rows = conn.execute(
        "SELECT r.rolname FROM pg_roles r, pg_namespace n"
        " WHERE r.rolname = ANY(%s) AND n.nspname = %s AND has_schema_privilege(r.oid, n.oid, 'USAGE')",
        [list(API_ROLES), schema],
    )
    usable = {name for (name,) in rows}
    return [role for role in API_ROLES if role not in usable]


def make(conn: Connection[Any], schema: str) -> None:
    """Make the schema and let the API roles use it, as far as that is not so already."""
    name = sql.Identifier(schema)
    if not exists(conn, schema):
        conn.execute(sql.SQL("CREATE SCHEMA {}").format(name))
    locked_out = not_usable_by(conn, schema)
    if not locked_out:
        return
    grant = sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, sql.SQL(", ").join(map(sql.Identifier, locked_out)))
    with suppress(errors.InsufficientPrivilege):
        conn.execute(grant)
    if not_usable_by(conn, schema):
        raise DeployError(
            f'"{current_user(conn)}" may not let {", ".join(locked_out)} use schema "{schema}".',
            f"Have its owner run:\n  {grant.as_string(conn)};",
            exit_code=WRONG_USAGE,
        )
