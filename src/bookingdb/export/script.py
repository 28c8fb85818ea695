"""A release as one SQL file that any runner can run: a block of its own, without a word that only psql knows."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from yoyo.migrations import get_migration_hash  # type: ignore[import-untyped]

from bookingdb.deploy.connection import SETTINGS
from bookingdb.deploy.files import DatabaseObject, MigrationFile, ObjectFile, checksum
from bookingdb.deploy.locks import lock_key
from bookingdb.deploy.roles import API_ROLES
from bookingdb.export import guards, records
from bookingdb.export.quoting import identifier, literal
from bookingdb.export.release import Exposure, Release

HEADER = "-- bookingdb-export: "
"""Begins the line that tells later exports what this one brings."""

_LOCK_TIMEOUT = "5s"


def script(release: Release, expose: Iterable[str]) -> str:
    """Return the whole file."""
    body = "\n".join(_body(release))
    about: dict[str, Any] = {
        "schema": release.schema,
        "version": release.version,
        "modules": release.modules,
        "expose": list(expose),
        "sha256": checksum(body),
    }
    return (
        f"-- bookingdb {release.version}, written by bookingdb export. Do not edit: the next export reads it.\n"
        f"{HEADER}{json.dumps(about, ensure_ascii=True)}\n{body}"
    )


def _body(release: Release) -> Iterator[str]:
    yield "BEGIN;\n"
    yield _settings(release.schema)
    yield guards.guard(release)
    if release.first:
        yield _schema(release.schema)
        yield _yoyo_tables()
    for exposure in release.exposures:
        yield _open_schema(exposure.schema)
        yield from _drop_exposed(exposure)
    for migration in release.migrations:
        yield _section(f"migrations/{migration.id}.sql", migration.checksum, migration.text)
    if release.migrations:
        yield _marks(release.migrations)
    for file in release.constraints:
        yield from _constraint(file)
    yield from _drops("What makes way for what has another shape now.", release.dropped_first)
    for file in release.files:
        yield _section(str(file), file.checksum, file.text)
    yield from _drops("What is not part of bookingdb any more.", release.dropped_last)
    for key in release.vanished:
        if key[0] == "policy":
            yield _close_table(key[2])
        yield _section(str(ObjectFile(*key, "")), "dropped", "")
    if release.before:
        yield records.records(release)
    for exposure in release.exposures:
        yield from _expose(exposure)
    if release.exposures:
        yield "-- PostgREST looks at the schema again.\nNOTIFY pgrst, 'reload schema';\n"
    yield "COMMIT;\n"


def _settings(schema: str) -> str:
    settings = SETTINGS | {
        "standard_conforming_strings": "on",
        "client_min_messages": "warning",
        "lock_timeout": _LOCK_TIMEOUT,
        "search_path": f"{identifier(schema)}, pg_temp",
    }
    values = ",\n        ".join(f"({literal(name)}, {literal(value)})" for name, value in settings.items())
    return f"""\
-- Whatever the session's own settings are; until the end of this transaction. One deployer at a time.
DO $bookingdb$
BEGIN
    PERFORM set_config(s.name, given.value, true)
    FROM pg_settings s JOIN (VALUES
        {values}
    ) AS given (name, value) USING (name);
    PERFORM pg_advisory_xact_lock({lock_key(schema)});
END
$bookingdb$;
"""


def _schema(schema: str) -> str:
    name = identifier(schema)
    return f"""\
-- The roles of the API, which Supabase has, and the schema, which the API does not show.
DO $bookingdb$
DECLARE
    v_role text;
    v_how  text := CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
    FOREACH v_role IN ARRAY {_roles()} LOOP
        IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = v_role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
        END IF;
        IF NOT pg_has_role(current_user, v_role, v_how) THEN
            EXECUTE format('GRANT %I TO %I', v_role, current_user);
        END IF;
    END LOOP;
    IF to_regnamespace({literal(name)}) IS NULL THEN
        CREATE SCHEMA {name};
    END IF;
END
$bookingdb$;
GRANT USAGE ON SCHEMA {name} TO {", ".join(API_ROLES)};
"""


def _open_schema(where: str) -> str:
    name = identifier(where)
    return f"""\
-- The exposed schema.
DO $bookingdb$
DECLARE
    v_role text;
BEGIN
    IF to_regnamespace({literal(name)}) IS NULL THEN
        CREATE SCHEMA {name};
    END IF;
    FOREACH v_role IN ARRAY {_roles()} LOOP
        IF NOT has_schema_privilege(v_role, {literal(where)}, 'USAGE') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', {literal(where)}, v_role);
        END IF;
    END LOOP;
END
$bookingdb$;
"""


def _roles() -> str:
    return f"ARRAY[{', '.join(map(literal, API_ROLES))}]"


def _section(name: str, mark: str, text: str) -> str:
    """Return a part that later exports can read back."""
    return f"-- >>> {name} {mark}\n{text if not text or text.endswith(chr(10)) else text + chr(10)}-- <<<\n"


def _yoyo_tables() -> str:
    """Return the tables of yoyo, with which bookingdb migrate runs migrations."""
    tables = "_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock"
    closed = "\n".join(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
        f"CREATE POLICY nobody ON {table} FOR SELECT TO service_role USING (false);"
        for table in tables
    )
    return f"""\
-- The tables in which bookingdb migrate notes what it has run.
CREATE TABLE _yoyo_migration (
    migration_hash varchar(64) PRIMARY KEY, migration_id varchar(255), applied_at_utc timestamp);
CREATE TABLE _yoyo_log (
    id varchar(36) PRIMARY KEY, migration_hash varchar(64), migration_id varchar(255), operation varchar(10),
    username varchar(255), hostname varchar(255), comment varchar(255), created_at_utc timestamp);
CREATE TABLE _yoyo_version (version integer PRIMARY KEY, installed_at_utc timestamp);
CREATE TABLE yoyo_lock (locked integer DEFAULT 1 PRIMARY KEY, ctime timestamp, pid integer NOT NULL);
INSERT INTO _yoyo_version (version, installed_at_utc) VALUES (2, now() AT TIME ZONE 'UTC');
REVOKE ALL ON {", ".join(tables)} FROM PUBLIC, {", ".join(API_ROLES)};
{closed}
"""


def _marks(migrations: Sequence[MigrationFile]) -> str:
    """Return what bookingdb migrate would have noted of these migrations."""
    rows = ",\n    ".join(
        f"({literal(get_migration_hash(file.id))}, {literal(file.id)}, {literal(file.checksum)})" for file in migrations
    )
    return f"""\
-- What bookingdb migrate would have noted, so that it finds nothing to do here.
WITH applied (hash, id, checksum) AS (VALUES
    {rows}
), recorded AS (
    UPDATE applied_migrations m SET checksum = a.checksum FROM applied a WHERE m.migration_id = a.id
), marked AS (
    INSERT INTO _yoyo_migration (migration_hash, migration_id, applied_at_utc)
    SELECT a.hash, a.id, now() AT TIME ZONE 'UTC' FROM applied a
)
INSERT INTO _yoyo_log (id, migration_hash, migration_id, operation, username, created_at_utc)
SELECT gen_random_uuid(), a.hash, a.id, 'mark', session_user, now() AT TIME ZONE 'UTC' FROM applied a;
"""


def _constraint(file: ObjectFile) -> Iterator[str]:
    yield guards.no_violations(file)
    yield from _drops(None, [declared for declared in file.objects if declared.type in ("constraint", "index")])
    sections = file.sections
    text = "\n".join(f"{sections[part]}" for part in ("add", "validate") if part in sections)
    yield _section(str(file), file.checksum, text)


def _drops(why: str | None, objects: Sequence[DatabaseObject]) -> Iterator[str]:
    if objects:
        yield (f"-- {why}\n" if why else "") + "".join(f"{_drop(one)};\n" for one in objects)


def _drop(one: DatabaseObject) -> str:
    name, table = identifier(one.name), identifier(one.table or "")
    match one.type:
        case "constraint":
            return f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"
        case "policy" | "trigger":
            return f"DROP {one.type.upper()} IF EXISTS {name} ON {table}"
        case _:
            return f"DROP {one.type.upper()} IF EXISTS {name}"


def _close_table(table: str) -> str:
    """Return what takes back the grants of a policy file that is gone; its table may be gone as well."""
    return f"""\
DO $bookingdb$
BEGIN
    IF to_regclass({literal(identifier(table))}) IS NOT NULL THEN
        REVOKE ALL ON {identifier(table)} FROM PUBLIC, {", ".join(API_ROLES)};
    END IF;
END
$bookingdb$;
"""


def _drop_exposed(exposure: Exposure) -> Iterator[str]:
    if exposure.dropped_first:
        yield "".join(
            f"DROP {kind.upper()} IF EXISTS {identifier(exposure.schema)}.{name};\n"
            for kind, name in exposure.dropped_first
        )


def _expose(exposure: Exposure) -> Iterator[str]:
    for one in exposure.written:
        yield _section(_exposed_name(exposure.schema, one.kind, one.name), f"{one.checksum} {one.shape}", one.text)
    for kind, name in exposure.vanished:
        yield _section(_exposed_name(exposure.schema, kind, name), "dropped", "")


def _exposed_name(schema: str, kind: str, name: str) -> str:
    return f"exposed/{quote(schema, safe='')}/{kind}/{name}.sql"
