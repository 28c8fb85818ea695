"""The role that owns what is deployed on a server of our own: no superuser, as in production."""

from typing import Any

from psycopg import Connection, sql

OWNER = "bookingdb_owner"


def create_owner(connection: Connection[Any]) -> None:
    """Make the role, as a superuser; it may make databases and the roles of a deployment. Once is enough."""
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).fetchall():
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(sql.Identifier(OWNER)))
