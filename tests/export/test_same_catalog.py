"""What an exported file leaves in a database is what migrate leaves there."""

from pathlib import Path

import psycopg
import pytest
from deploy.catalogs import contents
from export.runners import WAYS, apply

from bookingdb.deploy import migrate, status
from bookingdb.export import export_supabase
from bookingdb.modules import DEPENDENCIES

SCHEMA = "exported"
"""No word that any function's body has in it."""

_HISTORY = """
    SELECT kind, module, name, version, action, regexp_replace(definition, '\\m(exported|migrated)\\M', 'SCHEMA', 'g')
    FROM {}.function_versions ORDER BY kind, module, name, version
"""


def history(dsn: str, schema: str) -> list[tuple[object, ...]]:
    """Return the deployer's history with how the database printed each object."""
    with psycopg.connect(dsn) as conn:
        return conn.execute(_HISTORY.format(schema)).fetchall()


def assert_same_as_migrate(dsn: str, modules: list[str] | None = None) -> None:
    """Compare with a second installation in the same database; then migrate finds nothing to do."""
    migrate(dsn, schema="migrated", modules=modules)
    assert contents(dsn, SCHEMA) ^ contents(dsn, "migrated") == set()
    assert history(dsn, SCHEMA) == history(dsn, "migrated")
    assert status(dsn, schema=SCHEMA).up_to_date
    assert not migrate(dsn, schema=SCHEMA, modules=modules).changed


@pytest.mark.parametrize("way", WAYS)
def test_all_modules(project: str, folder: Path, way: str) -> None:
    exported = export_supabase(folder, schema=SCHEMA)

    apply(project, exported.file, way)

    assert set(exported.modules) == set(DEPENDENCIES)
    assert_same_as_migrate(project)


@pytest.mark.parametrize("module", DEPENDENCIES)
def test_one_module_with_what_it_needs(empty_dsn: str, folder: Path, module: str) -> None:
    exported = export_supabase(folder, schema=SCHEMA, modules=[module])

    apply(empty_dsn, exported.file)

    assert module in exported.modules
    assert_same_as_migrate(empty_dsn, modules=[module])


def test_a_module_that_is_added_later(empty_dsn: str, folder: Path) -> None:
    first = export_supabase(folder, schema=SCHEMA, modules=["gusmester"], expose="api")
    second = export_supabase(folder, schema=SCHEMA, modules=["therapy"])

    apply(empty_dsn, first.file)
    apply(empty_dsn, second.file)

    assert "gusmester" in second.modules
    assert not {change.module for change in second.changes} & set(first.modules)
    assert_same_as_migrate(empty_dsn, modules=list(second.modules))


@pytest.mark.parametrize("schema", ["sauna", 'a "Name"; with -- $$ signs', "order"])
def test_another_schema(empty_dsn: str, folder: Path, schema: str) -> None:
    exported = export_supabase(folder, schema=schema, modules=["gusmester"], expose="the API's")

    apply(empty_dsn, exported.file)

    assert status(empty_dsn, schema=schema).up_to_date
    assert not migrate(empty_dsn, schema=schema, modules=["gusmester"]).changed


def test_two_tenants_in_one_folder(empty_dsn: str, folder: Path) -> None:
    files = [export_supabase(folder, schema=schema, modules=["gusmester"]).file for schema in ("sauna", "harbour")]

    for file in files:
        apply(empty_dsn, file)

    assert contents(empty_dsn, "sauna") ^ contents(empty_dsn, "harbour") == set()
    assert [export_supabase(folder, schema=schema).file for schema in ("sauna", "harbour")] == [None, None]


def test_it_does_not_depend_on_the_session(project: str, folder: Path, superuser: psycopg.Connection) -> None:
    for setting in ("DateStyle TO 'SQL, DMY'", "TimeZone TO 'Asia/Kathmandu'", "quote_all_identifiers TO on"):
        superuser.execute(f'ALTER DATABASE "empty" SET {setting}')

    apply(project, export_supabase(folder).file)

    assert status(project).up_to_date


def test_it_leaves_the_session_as_it_was(project: str, folder: Path) -> None:
    settings = "SELECT name, setting FROM pg_settings ORDER BY name"
    with psycopg.connect(project, autocommit=True) as conn:
        conn.execute("DO $$ BEGIN END $$")  # PL/pgSQL brings settings of its own
        before = conn.execute(settings).fetchall()
        conn.execute(export_supabase(folder, expose="public").file.read_bytes())

        assert conn.execute(settings).fetchall() == before
