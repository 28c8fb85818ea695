"""What usually goes wrong with an installation, and what to do about each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from packaging.version import Version as PackageVersion
from psycopg import Connection, sql

from bookingdb.deploy import roles
from bookingdb.deploy import schema as schemas
from bookingdb.deploy.connection import Target, pooler, reading
from bookingdb.deploy.errors import DeployError, sentences
from bookingdb.deploy.files import DatabaseObject, Package
from bookingdb.deploy.inspection import status
from bookingdb.deploy.results import Item, StatusResult
from bookingdb.modules import resolve

Severity = Literal["fine", "warning", "problem"]

_NAMES_SHOWN = 5
_OLDEST_SERVER, _NEWEST_SERVER = 15, 18
_BIG = 100
"""Pages of a table from which on the planner's guesses matter."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: what was found, and what to do unless it is fine."""

    check: str
    severity: Severity
    message: str
    advice: str | None = None


@dataclass(frozen=True)
class _Patient:
    conninfo: str
    conn: Connection[Any]
    schema: str
    package: Package

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.conn.execute(query.encode(), parameters).fetchall()

    def value(self, query: str, *parameters: object) -> Any:
        return self.rows(query, *parameters)[0][0]

    def quoted(self) -> str:
        return sql.Identifier(self.schema).as_string(self.conn)

    def relations(self) -> list[str]:
        """Return the names of our tables, and of what else migrations make."""
        return sorted({name for file in self.package.migration_files() for name in file.relations})

    def declared(self) -> set[DatabaseObject]:
        """Return everything that the files of ``sql/`` declare."""
        return {declared for file in self.package.objects(resolve(None)) for declared in file.objects}


Check = Callable[[_Patient], Iterator[Finding]]


def doctor(conninfo: str, *, schema: str = "bookingdb", package: Package | None = None) -> list[Finding]:
    """Check an installation in a read-only transaction; raise ``DeployError`` where there is no connection."""
    schemas.check_name(schema)
    with sentences(), reading(Target(conninfo, schema), any_pooler=True) as conn:
        patient = _Patient(conninfo, conn, schema, package or Package.installed())
        return [finding for check in _CHECKS for finding in check(patient)]


def _server(patient: _Patient) -> Iterator[Finding]:
    version = patient.conn.info.server_version // 10000
    name = f"PostgreSQL {patient.value('SHOW server_version')}"
    if version < _OLDEST_SERVER:
        yield Finding("server", "problem", f"{name} is too old", f"Upgrade it to {_OLDEST_SERVER} or newer.")
    elif version > _NEWEST_SERVER:
        yield Finding(
            "server", "warning", f"{name}: bookingdb is tested up to {_NEWEST_SERVER}", "Try it on a copy first."
        )
    else:
        yield Finding("server", "fine", name)
    if patient.value("SELECT pg_is_in_recovery()"):
        yield Finding("server", "warning", "a read-only standby: nothing can be booked here", "Connect to the primary.")
    elif patient.value("SHOW default_transaction_read_only") == "on":
        yield Finding(
            "server",
            "problem",
            "transactions are read-only unless they say otherwise",
            "Reset default_transaction_read_only (ALTER DATABASE … RESET, ALTER ROLE … RESET).",
        )


def _connection(patient: _Patient) -> Iterator[Finding]:
    found = pooler(patient.conninfo)
    if found == "transaction pooler":
        yield Finding(
            "connection",
            "warning",
            "through a transaction pooler: calls work, migrate and rollback do not",
            "Deploy on a direct connection or a pooler in session mode (Supabase: port 5432, not 6543).",
        )
    else:
        yield Finding("connection", "fine", f"through a {found}" if found else "direct")


def _isolation(patient: _Patient) -> Iterator[Finding]:
    level = patient.value("SHOW default_transaction_isolation")
    if level == "read committed":
        yield Finding("isolation", "fine", level)
    else:
        yield Finding(
            "isolation",
            "warning",
            f"{level} by default: calls that wait for one another fail with 40001 and have to be repeated",
            "Reset default_transaction_isolation to read committed (ALTER DATABASE …, ALTER ROLE …).",
        )


def _languages(patient: _Patient) -> Iterator[Finding]:
    if patient.rows("SELECT FROM pg_language WHERE lanname = 'plpgsql'"):
        yield Finding("PL/pgSQL", "fine", "installed")
    else:
        yield Finding("PL/pgSQL", "problem", "missing in this database", "Run: CREATE EXTENSION plpgsql;")


def _extension(patient: _Patient) -> Iterator[Finding]:
    rows = patient.rows(
        "SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'btree_gist'"
    )
    if not rows:
        yield Finding("btree_gist", "fine", "not installed")
        return
    ((place,),) = rows
    if place == "extensions":
        yield Finding("btree_gist", "fine", "in schema extensions")
        return
    own = place == patient.schema
    yield Finding(
        "btree_gist",
        "problem" if own else "warning",
        f"in schema {place}" + (": dropping that schema would take other schemas' constraints along" if own else ""),
        "Run: CREATE SCHEMA IF NOT EXISTS extensions; ALTER EXTENSION btree_gist SET SCHEMA extensions;",
    )


def _time_zones(patient: _Patient) -> Iterator[Finding]:
    if patient.rows("SELECT FROM pg_timezone_names WHERE name = 'Europe/Oslo'"):
        yield Finding("time zones", "fine", "known to the server")
    else:
        yield Finding(
            "time zones",
            "problem",
            "the server does not know Europe/Oslo: its time zone data are missing",
            "Install the tzdata package (with its legacy names) where the server runs, and restart it.",
        )


def _owner(patient: _Patient) -> Iterator[Finding]:
    try:
        owner = roles.owner(patient.conn, patient.schema)
    except DeployError as refusal:
        # whoever only calls functions need not be able to deploy
        service = patient.rows(
            "SELECT FROM pg_roles WHERE rolname = 'service_role' AND pg_has_role(current_user, oid, 'MEMBER')"
        )
        yield Finding("owner", "warning" if service else "problem", refusal.message, refusal.hint)
        return
    try:
        schemas.check_privileges(patient.conn, patient.schema, owner)
    except DeployError as refusal:
        yield Finding("owner", "problem", refusal.message, refusal.hint)
        return
    me = roles.current_user(patient.conn)
    yield Finding("owner", "fine", f'"{owner}"' + ("" if me == owner else f', whom "{me}" may act as'))


def _roles(patient: _Patient) -> Iterator[Finding]:
    try:
        owner = roles.owner(patient.conn, patient.schema)
    except DeployError:
        return  # said above
    if script := roles.script(patient.conn, owner):
        yield Finding(
            "roles",
            "problem",
            f'anon, authenticated and service_role are not all there and granted to "{owner}"',
            f"Run bookingdb migrate as somebody with CREATEROLE, or have a superuser run:\n{script}",
        )
    else:
        yield Finding("roles", "fine", "anon, authenticated and service_role are there")
    locked_out = schemas.not_usable_by(patient.conn, patient.schema)
    if locked_out and schemas.exists(patient.conn, patient.schema):
        yield Finding(
            "roles",
            "problem",
            f"the schema cannot be used by {', '.join(locked_out)}",
            f"Run bookingdb migrate, or: GRANT USAGE ON SCHEMA {patient.quoted()} TO {', '.join(locked_out)};",
        )


def _api_users(patient: _Patient) -> Iterator[Finding]:
    """What would let a caller of the API past row-level security."""
    rows = patient.rows(
        """
        SELECT DISTINCT r.rolname, power.message, power.advice
        FROM pg_roles r, LATERAL (
            SELECT 'is a superuser', format('ALTER ROLE %%I NOSUPERUSER;', r.rolname) WHERE r.rolsuper
            UNION ALL
            SELECT 'has BYPASSRLS', format('ALTER ROLE %%I NOBYPASSRLS;', r.rolname) WHERE r.rolbypassrls
            UNION ALL
            SELECT format('has the rights of %%I', other.rolname),
                   format('REVOKE %%I FROM %%I; (or from the role that passes it on)', other.rolname, r.rolname)
            FROM pg_roles other
            WHERE other.rolname IN ('service_role', %s) AND NOT r.rolsuper AND pg_has_role(r.oid, other.oid, 'USAGE')
        ) AS power (message, advice)
        WHERE r.rolname IN ('anon', 'authenticated')
        ORDER BY 1, 2
        """,
        _installed_owner(patient),
    )
    for name, message, advice in rows:
        yield Finding("API users", "problem", f"{name} {message}: it gets past row-level security", f"Run: {advice}")
    if not rows:
        yield Finding("API users", "fine", "anon and authenticated are bound by row-level security")


def _installed_owner(patient: _Patient) -> str | None:
    rows = patient.rows(
        "SELECT pg_get_userbyid(relowner)::text FROM pg_class"
        " WHERE relnamespace = to_regnamespace(quote_ident(%s)) AND relname = 'applied_migrations'",
        patient.schema,
    )
    return str(rows[0][0]) if rows else None


def _ownership(patient: _Patient) -> Iterator[Finding]:
    owner = _installed_owner(patient)
    rows = patient.rows(
        """
        SELECT thing, format('ALTER %%s OWNER TO %%I;', thing, %s::text)
        FROM (
            SELECT 'TABLE ' || c.oid::regclass, c.relowner
            FROM pg_class c
            WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND c.relkind IN ('r', 'p') AND c.relname = ANY(%s)
            UNION ALL
            SELECT 'FUNCTION ' || p.oid::regprocedure, p.proowner
            FROM pg_proc p
            WHERE p.pronamespace = to_regnamespace(quote_ident(%s)) AND p.prokind = 'f' AND p.proname = ANY(%s)
        ) AS ours (thing, owner)
        WHERE pg_get_userbyid(owner) <> %s
        ORDER BY 1
        """,
        owner,
        patient.schema,
        patient.relations(),
        patient.schema,
        [declared.name for declared in patient.declared() if declared.type == "function"],
        owner,
    )
    if rows:
        names = _few([thing for thing, _ in rows])
        statements = "\n".join(f"  {statement}" for _, statement in rows)
        yield Finding("ownership", "problem", f'not owned by "{owner}": {names}', f"As a superuser run:\n{statements}")
    elif owner:
        yield Finding("ownership", "fine", f'all belongs to "{owner}"')


def _triggers(patient: _Patient) -> Iterator[Finding]:
    """Foreign keys that are not checked, and what others let happen on our tables."""
    disabled = patient.rows(
        "SELECT DISTINCT c.oid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND c.relname = ANY(%s)"
        " AND t.tgisinternal AND t.tgenabled <> 'O' ORDER BY 1",
        patient.schema,
        patient.relations(),
    )
    for (table,) in disabled:
        yield Finding(
            "triggers",
            "problem",
            f"foreign keys of {table} are not checked: their triggers are disabled",
            f"As a superuser run: ALTER TABLE {table} ENABLE TRIGGER ALL; (rows written meanwhile stay unchecked)",
        )
    found = patient.rows(
        """
        SELECT 'trigger', t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND c.relname = ANY(%s) AND NOT t.tgisinternal
        UNION ALL
        SELECT 'rule', r.rulename, c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND c.relname = ANY(%s) AND c.relkind IN ('r', 'p')
        ORDER BY 1, 2, 3
        """,
        *[patient.schema, patient.relations()] * 2,
    )
    declared = patient.declared()
    foreign = [f"{type_} {name} on {table}" for type_, name, table in found if (type_, name, table) not in declared]
    if foreign:
        yield Finding(
            "triggers",
            "warning",
            f"not made by this version of bookingdb: {_few(foreign)}",
            "Look whether they are meant: they act on every booking, and may change or swallow it.",
        )
    if not disabled and not foreign:
        yield Finding("triggers", "fine", "foreign keys are checked, and nobody else's are on the tables")


def _objects(patient: _Patient) -> Iterator[Finding]:
    try:
        result = status(patient.conninfo, schema=patient.schema, package=patient.package)
    except DeployError as refusal:
        yield Finding("objects", "problem", refusal.message, refusal.hint)
        return
    if not result.installed:
        yield Finding("objects", "problem", "nothing is installed in this schema", "Run bookingdb migrate.")
        return
    yield _package(result)
    off = [item for item in result.items if item.state != "up to date" and item.kind != "schema"]
    if not off:
        yield Finding("objects", "fine", f"all {len(result.items)} as this version declares them")
    for state, (severity, advice) in _OFF.items():
        if items := [item for item in off if item.state == state]:
            yield Finding("objects", severity, f"{state}: {_names(items)}", advice)


_OFF: dict[str, tuple[Severity, str]] = {
    "missing": ("problem", "Run bookingdb migrate."),
    "edited by hand": ("problem", "bookingdb status --diff shows the change, bookingdb migrate --force undoes it."),
    "outdated": ("problem", "Run bookingdb migrate."),
    "unknown": ("warning", "Look whether it belongs in this schema: it is found before functions elsewhere."),
}


def _names(items: list[Item]) -> str:
    return _few([f"{item.kind} {item.name}" for item in items])


def _few(names: list[str]) -> str:
    rest = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _package(result: StatusResult) -> Finding:
    here, there = result.package_version, result.deployed_version or result.package_version
    if PackageVersion(there) > PackageVersion(here):
        return Finding("package", "problem", f"{there} deployed here, this is {here}", f"Install bookingdb {there}.")
    if PackageVersion(there) < PackageVersion(here):
        return Finding(
            "package", "warning", f"{there} deployed here, this is {here}", "Run bookingdb migrate if anything differs."
        )
    return Finding("package", "fine", f"bookingdb {here}")


def _constraints(patient: _Patient) -> Iterator[Finding]:
    rows = patient.rows(
        "SELECT format('ALTER TABLE %%s VALIDATE CONSTRAINT %%I;', conrelid::regclass, conname), conname"
        " FROM pg_constraint WHERE connamespace = to_regnamespace(quote_ident(%s)) AND NOT convalidated ORDER BY 2",
        patient.schema,
    )
    invalid = patient.rows(
        "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND NOT i.indisvalid ORDER BY 1",
        patient.schema,
    )
    for statement, name in rows:
        yield Finding("constraints", "warning", f"{name} was not checked for older rows", f"Run: {statement}")
    for (name,) in invalid:
        yield Finding("constraints", "problem", f"index {name} is invalid", f"Run: REINDEX INDEX CONCURRENTLY {name};")
    if not rows and not invalid:
        yield Finding("constraints", "fine", "all validated")


def _statistics(patient: _Patient) -> Iterator[Finding]:
    rows = patient.rows(
        "SELECT c.oid::regclass::text"
        " FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid"
        " WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND c.relkind = 'r'"
        " AND pg_relation_size(c.oid) > %s * current_setting('block_size')::bigint"
        " AND (c.reltuples < 0 OR s.last_analyze IS NULL AND s.last_autoanalyze IS NULL"
        "      AND NOT EXISTS (SELECT FROM pg_stats t WHERE (t.schemaname, t.tablename) = (s.schemaname, s.relname)))"
        " ORDER BY 1",
        patient.schema,
        _BIG,
    )
    if rows:
        names = ", ".join(name for (name,) in rows)
        yield Finding("statistics", "warning", f"never gathered for {names}", f"Run: ANALYZE {names};")
    if patient.value("SHOW autovacuum") == "off" or patient.value("SHOW track_counts") == "off":
        yield Finding(
            "statistics", "warning", "autovacuum is off: they grow old", "Set autovacuum and track_counts to on."
        )
    elif not rows:
        yield Finding("statistics", "fine", "there where they matter")


def _exposure(patient: _Patient) -> Iterator[Finding]:
    """PostgREST's own setting, where it is kept in the database: a note, for not everybody wants to expose it."""
    rows = patient.rows(
        "SELECT split_part(setting, '=', 2) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole,"
        " unnest(s.setconfig) AS setting WHERE r.rolname = 'authenticator' AND setting LIKE 'pgrst.db_schemas=%%'"
    )
    for (schemas_exposed,) in rows:
        exposed = patient.schema in [name.strip() for name in schemas_exposed.split(",")]
        yield Finding(
            "Supabase", "fine", "the schema is exposed" if exposed else "the schema is not exposed to the API"
        )


_CHECKS: tuple[Check, ...] = (
    _server,
    _connection,
    _isolation,
    _languages,
    _extension,
    _time_zones,
    _owner,
    _roles,
    _api_users,
    _objects,
    _ownership,
    _constraints,
    _triggers,
    _statistics,
    _exposure,
)
