"""pytest plugin: a migrated bookingdb database of its own for every test.

Nothing of bookingdb is imported before a test asks for one of these fixtures.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bookingdb import Database
    from bookingdb.testing import Databases

_DSN = "BOOKINGDB_TEST_DSN"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's settings."""
    parser.getgroup("bookingdb").addoption(
        "--bookingdb-dsn",
        metavar="DSN",
        help=f"a server to make the tests' databases on (or {_DSN}); without it, a throw-away server",
    )
    parser.addini("bookingdb_schema", "the schema bookingdb is installed in", default="bookingdb")
    parser.addini("bookingdb_modules", "the modules to install with what they need; without it, all", type="args")


@pytest.fixture(scope="session")
def bookingdb_prepare() -> Callable[[str], object] | None:
    """Override it to fill the database that every test's is a copy of: return a function that gets its DSN."""
    return None


@pytest.fixture(scope="session")
def bookingdb_databases(
    pytestconfig: pytest.Config, bookingdb_prepare: Callable[[str], object] | None
) -> "Iterator[Databases]":
    """The supply of databases of this test process."""
    from bookingdb.deploy import DeployError
    from bookingdb.server import ServerError
    from bookingdb.testing import databases

    supply = databases(
        pytestconfig.getoption("--bookingdb-dsn") or os.environ.get(_DSN) or None,
        schema=pytestconfig.getini("bookingdb_schema"),
        modules=pytestconfig.getini("bookingdb_modules") or None,
        prepare=bookingdb_prepare,
    )
    with ExitStack() as stack:
        try:
            started = stack.enter_context(supply)
        except (DeployError, ServerError) as error:
            hint = getattr(error, "hint", None)
            text = f"No database for tests: {error}" + (f"\n{hint}" if hint else "")
            raise pytest.fail.Exception(text, pytrace=False) from None
        yield started


@pytest.fixture
def bookingdb_dsn(bookingdb_databases: "Databases") -> Iterator[str]:
    """The DSN of a migrated database of the test's own."""
    with bookingdb_databases.fresh() as dsn:
        yield dsn


@pytest.fixture
def bookingdb_db(pytestconfig: pytest.Config, bookingdb_dsn: str) -> "Iterator[Database]":
    """The test's own database, as ``bookingdb.connect`` returns it: the service, acting for anybody."""
    import bookingdb

    with bookingdb.connect(bookingdb_dsn, pytestconfig.getini("bookingdb_schema")) as database:
        yield database
