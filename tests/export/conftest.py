"""A database like a Supabase project's, and the catalog that migrate leaves in one."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from deploy.tree import Tree
from psycopg.conninfo import make_conninfo

from bookingdb.deploy.roles import API_ROLES
from bookingdb.server import OWNER

_EVERYBODY = ", ".join(API_ROLES)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A package with the core's tables and nothing else."""
    return Tree(tmp_path / "package")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a project's migrations."""
    path = tmp_path / "supabase" / "migrations"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def superuser(empty_dsn: str) -> Iterator[psycopg.Connection]:
    """A superuser's connection to the empty database."""
    with psycopg.connect(make_conninfo(empty_dsn, user="postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner(empty_dsn: str) -> Iterator[psycopg.Connection]:
    """The owner's connection to the empty database, looking at our schema."""
    with psycopg.connect(empty_dsn, autocommit=True, options="-csearch_path=bookingdb,pg_temp") as connection:
        yield connection


@pytest.fixture(params=["everything granted", "nothing granted"])
def project(request: pytest.FixtureRequest, empty_dsn: str, superuser: psycopg.Connection) -> str:
    """A database as Supabase hands it out: the owner is no superuser, the roles of the API are there.

    In ``public``, what the owner makes is the API's by default, or is not: projects are of either kind.
    """
    for role in API_ROLES:
        superuser.execute(
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
            f"GRANT {role} TO {OWNER}"
        )
    superuser.execute(f"CREATE SCHEMA extensions; GRANT ALL ON SCHEMA extensions TO {OWNER}")
    superuser.execute(f"GRANT USAGE ON SCHEMA public, extensions TO {_EVERYBODY}")
    superuser.execute(f"GRANT CREATE ON SCHEMA public TO {OWNER}")
    superuser.execute('ALTER DATABASE "empty" SET search_path TO "$user", public, extensions')
    superuser.execute("ALTER DATABASE \"empty\" SET statement_timeout TO '2min'")
    for kind in ("TABLES", "FUNCTIONS", "SEQUENCES") * (request.param == "everything granted"):
        superuser.execute(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT ALL ON {kind} TO {_EVERYBODY}"
        )
    return empty_dsn
