"""``bookingdb schedule``: let the database do its housekeeping by itself."""

import hashlib
import re
from dataclasses import asdict, dataclass
from typing import Any

import click
import psycopg
from psycopg import Connection, errors, sql
from psycopg.conninfo import make_conninfo

from bookingdb.cli._common import WrongUsage, dsn_option, json_option, lock_timeout_option, schema_option
from bookingdb.cli._output import print_json, say
from bookingdb.deploy.connection import Target, writing
from bookingdb.deploy.schema import check_name

_LONGEST_NAME = 63  # bytes; pg_cron cuts the rest off
_SECONDS_SINCE = (1, 5)  # the version of pg_cron that knows schedules of seconds
_IN_DATABASE = "cron.schedule_in_database(text,text,text,text,text,boolean)"

_EVERY = re.compile(r"(?:(\d{1,2}) +)?(second|minute|hour|day)s?")
_SCHEDULES = {
    "second": (range(1, 60), "{n} seconds", "* * * * *"),
    "minute": ((1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30), "*/{n} * * * *", "* * * * *"),
    "hour": ((1, 2, 3, 4, 6, 8, 12), "0 */{n} * * *", "0 * * * *"),
    "day": ((1,), "", "0 0 * * *"),
}
"""Of each unit the numbers that divide the next one evenly, the schedule of such a number, and the one of 1."""


@dataclass(frozen=True)
class Job:
    """What pg_cron is to run."""

    job: str
    schedule: str
    command: str
    database: str


def _read_every(_ctx: click.Context, _param: click.Parameter, text: str) -> str:
    """Return the interval as pg_cron writes it."""
    found = _EVERY.fullmatch(text.strip().lower())
    if found:
        numbers, many, one = _SCHEDULES[found[2]]
        n = int(found[1] or 1)
        if n in numbers:
            return one if n == 1 and found[2] != "second" else many.format(n=n)
    raise click.BadParameter(
        f"{text!r} is no interval. Write 1 minute, 30 seconds, 2 hours or 1 day; minutes must divide an hour"
        " evenly, and hours a day."
    )


@click.command()
@dsn_option
@schema_option
@click.option("--pg-cron", is_flag=True, help="Have it done by the extension pg_cron.")
@click.option(
    "--every",
    "schedule",
    default="1 minute",
    show_default=True,
    callback=_read_every,
    metavar="TIME",
    help="How often, e.g. '30 seconds', '5 minutes'.",
)
@click.option(
    "--cron-database",
    metavar="NAME",
    help="The database pg_cron lives in, where the server does not tell; postgres by default.",
)
@click.option("--remove", is_flag=True, help="Do not have it done any more.")
@lock_timeout_option
@json_option
def schedule(
    dsn: str,
    schema: str,
    pg_cron: bool,
    schedule: str,
    cron_database: str | None,
    remove: bool,
    lock_timeout: str,
    as_json: bool,
) -> None:
    """Have run_maintenance() called by pg_cron, again and again, as the user who schedules it.

    There is one job for a schema; scheduling it again changes it. A running bookingdb worker does the same
    housekeeping, without pg_cron; both at once do no harm.

    \b
    bookingdb schedule --pg-cron
    bookingdb schedule --pg-cron --every '5 minutes'
    bookingdb schedule --pg-cron --remove
    """
    if not pg_cron:
        raise WrongUsage("Scheduled by what?", "Say --pg-cron; without pg_cron, bookingdb worker does it.")
    check_name(schema)
    target = Target(dsn, schema, lock_timeout)
    with writing(target) as conn:
        job = _job(conn, schema, schedule)
        if not remove:
            _require_maintenance(conn, schema)
        if _version(conn):
            changed, cron_database = _settle(conn, job, remove=remove), job.database
        else:
            cron_database = cron_database or _told_database(conn) or "postgres"
            if cron_database == job.database:
                raise _not_there(conn, cron_database)
            changed = _settle_elsewhere(target, cron_database, job, remove=remove)
    _tell(job, cron_database, changed=changed, removed=remove, as_json=as_json)


def _job(conn: Connection[Any], schema: str, schedule: str) -> Job:
    command = sql.SQL("SELECT {}.run_maintenance()").format(sql.Identifier(schema)).as_string(conn)
    name = f"bookingdb {conn.info.dbname}.{schema}"
    if len(name.encode()) > _LONGEST_NAME:
        name = f"bookingdb {hashlib.sha256(name.encode()).hexdigest()[:32]}"
    return Job(name, schedule, command, conn.info.dbname)


def _require_maintenance(conn: Connection[Any], schema: str) -> None:
    found = conn.execute(
        "SELECT has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege(n.oid, 'USAGE')"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = %s AND p.proname = 'run_maintenance'",
        [schema],
    ).fetchone()
    if found is None:
        raise WrongUsage(
            f'Schema "{schema}" has no function run_maintenance; there is nothing to schedule.',
            "bookingdb migrate installs it.",
        )
    if found == (False,):
        raise WrongUsage(
            f'This user may not run run_maintenance() of schema "{schema}", and so neither may the job.',
            "Connect as its owner or as a member of service_role.",
        )


def _told_database(conn: Connection[Any]) -> str | None:
    """Return where pg_cron lives, if the server has it loaded and tells this user."""
    found = conn.execute("SELECT setting FROM pg_settings WHERE name = 'cron.database_name'").fetchone()
    return found[0] if found else None


def _version(conn: Connection[Any]) -> tuple[int, ...] | None:
    """Return the version of the extension in this database, None where it is not made."""
    found = conn.execute("SELECT extversion FROM pg_extension WHERE extname = 'pg_cron'").fetchone()
    return tuple(map(int, re.findall(r"\d+", found[0]))) if found else None


def _not_there(conn: Connection[Any], database: str) -> WrongUsage:
    """Return what to do where there is no pg_cron."""
    (installed, loaded) = conn.execute(
        "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_cron'),"
        " EXISTS (SELECT FROM pg_settings WHERE name LIKE 'cron.%')"
    ).fetchall()[0]
    steps = [] if installed else ["Install pg_cron on the server (Debian: postgresql-<version>-cron)."]
    if not loaded:
        steps.append(
            "Set shared_preload_libraries = 'pg_cron' and cron.database_name to the name of a database in"
            " postgresql.conf, and restart the server; it may have been done where this user is not told."
        )
    steps.append(f"Have a superuser run, in that database:\n  CREATE EXTENSION pg_cron;\n{_grants(conn)}")
    steps.append("If it lives in another one, name that with --cron-database. bookingdb worker does without pg_cron.")
    return WrongUsage(f'The extension pg_cron is not there in database "{database}".', "\n".join(steps))


def _grants(conn: Connection[Any], *more: str) -> str:
    user = sql.Identifier(_user(conn)).as_string(conn)
    rights = ["USAGE ON SCHEMA cron", *more]
    return "\n".join(f"  GRANT {right} TO {user};" for right in rights)


def _user(conn: Connection[Any]) -> str:
    user: str = conn.execute("SELECT current_user::text").fetchall()[0][0]
    return user


def _settle_elsewhere(target: Target, database: str, job: Job, *, remove: bool) -> bool:
    """Do it where pg_cron lives; that is for a connection of its own."""
    there = Target(make_conninfo(target.conninfo, dbname=database), target.schema, target.lock_timeout)
    with writing(there) as conn:
        if not _version(conn):
            raise _not_there(conn, database)
        return _settle(conn, job, remove=remove)


def _settle(conn: Connection[Any], job: Job, *, remove: bool) -> bool:
    """Schedule or unschedule the job; tell whether that changed anything."""
    try:
        conn.execute("SET row_security TO on")  # one sees one's own jobs
        before = conn.execute(
            "SELECT schedule, command, database FROM cron.job"
            " WHERE jobname = %s AND username = current_user AND active",
            [job.job],
        ).fetchall()
        if remove:
            return _unschedule(conn, job)
        if before == [(job.schedule, job.command, job.database)]:
            return False
        _check_seconds(conn, job)
        with conn.transaction():
            _unschedule(conn, job)  # else one that is switched off would stay so
            _schedule(conn, job)
    except errors.InsufficientPrivilege as error:
        elsewhere = [] if conn.info.dbname == job.database else [f"EXECUTE ON FUNCTION {_IN_DATABASE}"]
        raise _not_allowed(conn, error, _grants(conn, *elsewhere)) from error
    return True


def _schedule(conn: Connection[Any], job: Job) -> None:
    if conn.info.dbname == job.database:
        conn.execute("SELECT cron.schedule(%s, %s, %s)", [job.job, job.schedule, job.command])
    else:
        conn.execute(
            "SELECT cron.schedule_in_database(%s, %s, %s, %s)", [job.job, job.schedule, job.command, job.database]
        )


def _not_allowed(conn: Connection[Any], error: psycopg.Error, grants: str) -> WrongUsage:
    return WrongUsage(
        f'"{_user(conn)}" may not use pg_cron: {error.diag.message_primary}.',
        f'Have a superuser run, in database "{conn.info.dbname}":\n{grants}',
    )


def _unschedule(conn: Connection[Any], job: Job) -> bool:
    """Take the job away, switched on or off; tell whether there was one."""
    return bool(
        conn.execute(
            "SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = %s AND username = current_user", [job.job]
        ).fetchall()
    )


def _check_seconds(conn: Connection[Any], job: Job) -> None:
    version = _version(conn)
    if job.schedule.endswith("seconds") and version and version < _SECONDS_SINCE:
        raise WrongUsage(
            f"pg_cron {version[0]}.{version[1]} cannot do anything more often than every minute.",
            "Say --every '1 minute', or use pg_cron 1.5 or newer.",
        )


def _tell(job: Job, cron_database: str, *, changed: bool, removed: bool, as_json: bool) -> None:
    if as_json:
        print_json(asdict(job) | {"cron_database": cron_database, "scheduled": not removed, "changed": changed})
        return
    name = f'Job "{job.job}" of pg_cron in database "{cron_database}"'
    if removed:
        say(f"{name} is removed." if changed else f"{name} was not there: nothing to remove.")
    else:
        say(f"{name} {'runs' if changed else 'was there already, and runs'} {job.command} at {job.schedule}")
