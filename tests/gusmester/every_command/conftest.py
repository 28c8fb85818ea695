"""Rules that hold for every command alike are tried in one database: they hold whatever else there is."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from pytest_postgresql.executors import NoopExecutor
from pytest_postgresql.janitor import DatabaseJanitor

from gusmester.calls import Json


@pytest.fixture(scope="session")
def clone(template: NoopExecutor) -> Iterator[psycopg.Connection]:
    """The one database, instead of a new one for each test."""
    where: Json = {"host": template.host, "port": template.port, "user": template.user, "dbname": "every_command"}
    with DatabaseJanitor(template_dbname=template.template_dbname, **where), psycopg.connect(**where) as connection:
        yield connection


@pytest.fixture
def key() -> Json:
    """The argument that gives a call a new idempotency key."""
    return {"p_idempotency_key": str(uuid4())}
