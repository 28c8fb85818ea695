"""``bookingdb worker``: deliver what is in the outbox."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import click
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool
from rich.status import Status

from bookingdb import _conninfo
from bookingdb.aclient import aconnect
from bookingdb.cli._common import WrongUsage, dsn_option, json_option, schema_option
from bookingdb.cli._output import Text, error_console, say
from bookingdb.deploy.connection import pooler
from bookingdb.deploy.schema import check_name
from bookingdb.errors import UnknownFunction
from bookingdb.worker import Options, Route, Settings, Worker, parse_route
from bookingdb.worker._listener import Listener, Poller

_EVERY = 60.0
_LEVEL_STYLES = {logging.WARNING: "yellow", logging.ERROR: "red"}
# A server that vanished without a word is noticed after half a minute.
_PATIENCE = {"connect_timeout": "10", "keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3"}

seconds = click.FloatRange(min=0.01, max=80_000)


@click.command()
@dsn_option
@schema_option
@click.option(
    "--handler",
    "handlers",
    multiple=True,
    metavar="[TYPES=]HANDLER",
    help="stdout (the default), smtp, webhook[:URL], rooms or python:MODULE:NAME, for all types or those named before"
    " the =, e.g. 'booking_*=smtp'. Several may be given: the first that fits a notification gets it.",
)
@click.option("--concurrency", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many at once.")
@click.option("--once", is_flag=True, help="End when nothing is due.")
@click.option("--timeout", type=seconds, default=30, show_default=True, help="Seconds a handler may take.")
@click.option(
    "--poll-interval", type=seconds, default=10, show_default=True, help="Seconds between looks when nobody calls."
)
@click.option(
    "--maintenance-interval",
    type=click.FloatRange(min=0, max=80_000),
    default=60,
    show_default=True,
    help="Seconds between calls of run_maintenance(); 0 for never.",
)
@click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Templates that come before those of the package.",
)
@click.option("--allow-private", is_flag=True, help="Let webhooks go to private addresses, and over http.")
@json_option
def worker(
    dsn: str,
    schema: str,
    handlers: tuple[str, ...],
    concurrency: int,
    once: bool,
    timeout: float,
    poll_interval: float,
    maintenance_interval: float,
    templates: Path | None,
    allow_private: bool,
    as_json: bool,
) -> None:
    """Deliver what is in the outbox, each notification at least once, and do the housekeeping.

    Stopped by Ctrl-C or SIGTERM it finishes what it holds; a second one stops it at once. Logs go to stderr, as lines
    of JSON with --json; then stdout gets a line of numbers each minute and at the end.

    \b
    bookingdb worker
    bookingdb worker --handler rooms --handler smtp
    bookingdb worker --handler 'gus*=webhook:https://club.example/hook' --handler python:club.mail:send
    bookingdb worker --handler smtp --once
    """
    check_name(schema)
    kind = pooler(dsn)
    options = Options(concurrency, timeout, poll_interval, maintenance_interval, once)

    def routes(settings: Settings) -> list[Route]:
        try:
            return [parse_route(text, settings) for text in handlers or ("stdout",)]
        except ModuleNotFoundError as missing:
            hint = "pip install 'bookingdb[worker]'"
            raise WrongUsage(f"A handler needs the package {missing.name}, which is not installed.", hint) from missing
        except ValueError as error:
            raise WrongUsage(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error

    async def work() -> None:
        conninfo = make_conninfo(**_PATIENCE | _conninfo.check(dsn), client_encoding="utf8")
        behind_pooler = kind == "transaction pooler"
        async with _pool(conninfo, options, prepare=not behind_pooler) as pool:
            settings = Settings(await aconnect(pool, schema), os.environ, templates, allow_private)
            bell = Poller() if behind_pooler else Listener(conninfo, schema)
            working = Worker(pool, schema, routes(settings), bell, options)
            if behind_pooler:
                logging.getLogger("bookingdb.worker").warning("behind a transaction pooler: polling only")
            try:
                await _run(working, as_json=as_json)
            finally:
                await bell.close()

    with _logging(as_json=as_json):
        try:
            asyncio.run(work())
        except UnknownFunction as unknown:
            raise WrongUsage(f"{unknown}.") from unknown


@asynccontextmanager
async def _pool(conninfo: str, options: Options, *, prepare: bool) -> AsyncIterator[AsyncConnectionPool[Any]]:
    pool = AsyncConnectionPool(
        conninfo,
        open=False,
        min_size=1,
        max_size=1 + min(options.concurrency, 4),  # beyond that commits only wait for each other
        timeout=10,
        reconnect_timeout=10,  # later attempts follow the worker's own pauses, which do not grow for minutes
        kwargs={
            "autocommit": True,
            "application_name": f"bookingdb worker {os.getpid()}",
            "prepare_threshold": 5 if prepare else None,
        },
    )
    async with pool:
        yield pool


async def _run(worker: Worker, *, as_json: bool) -> None:
    """Run the worker until it ends or is stopped by a signal, and tell how it goes."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop_at_once, worker, as_json)
        worker.stop()
        logging.getLogger("bookingdb.worker").info(
            "stopping", extra={"fields": {"in_flight": worker.metrics.in_flight}}
        )

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    telling = asyncio.create_task(_tell(worker, as_json=as_json))
    try:
        await worker.run()
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        _print_metrics(worker, as_json=as_json)


def _stop_at_once(worker: Worker, as_json: bool) -> None:
    """End without a goodbye: threads of handlers could not be ended otherwise. Leases end by themselves."""
    _print_metrics(worker, as_json=as_json)
    error_console.show_cursor()
    os._exit(1)


async def _tell(worker: Worker, *, as_json: bool) -> None:
    """Print the numbers each minute as JSON, or keep a line of them on a terminal."""
    if as_json:
        while True:
            await asyncio.sleep(_EVERY)
            _print_metrics(worker, as_json=True)
    if error_console.is_terminal:
        with Status("", console=error_console) as status:
            while True:
                status.update(_summary(worker))
                await asyncio.sleep(0.25)


def _print_metrics(worker: Worker, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"event": "metrics", "worker": worker.name} | worker.metrics.as_dict()))
    else:
        say(_summary(worker), error_console)


def _summary(worker: Worker) -> str:
    numbers = worker.metrics.as_dict()
    latency = numbers.pop("latency")["p95"]
    late = "" if latency is None else f", 95 % within {latency:g} s"
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in numbers.items()) + late


class _LogHandler(logging.Handler):
    """Writes a record to stderr, as a line of JSON or for people."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        """Write it."""
        fields: dict[str, Any] = getattr(record, "fields", {})
        event = record.getMessage()
        if self._as_json:
            head = {"time": _time(record), "level": record.levelname.lower(), "event": event}
            click.echo(json.dumps(head | fields, default=str), err=True)
        else:
            text = " ".join([_time(record), event, *(f"{name}={value}" for name, value in fields.items())])
            say(Text(text, style=_LEVEL_STYLES.get(record.levelno, "")), error_console)


def _time(record: logging.LogRecord) -> str:
    return logging.Formatter().formatTime(record, "%Y-%m-%dT%H:%M:%S%z")


@contextmanager
def _logging(*, as_json: bool) -> Iterator[None]:
    logger, pools = logging.getLogger("bookingdb.worker"), logging.getLogger("psycopg.pool")
    handler = _LogHandler(as_json=as_json)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    level = pools.level
    pools.setLevel(logging.CRITICAL)  # the worker says itself that the database is away
    try:
        yield
    finally:
        pools.setLevel(level)
        logger.removeHandler(handler)
