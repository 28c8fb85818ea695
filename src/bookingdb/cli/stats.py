"""``bookingdb stats``: how does it go?"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table

from bookingdb.cli._common import WrongUsage, dsn_option, json_option, lock_timeout_option, schema_option
from bookingdb.cli._output import Text, console, print_json, print_table, report, say
from bookingdb.deploy.connection import Target, reading
from bookingdb.deploy.schema import check_name
from bookingdb.errors import UnknownFunction
from bookingdb.stats import MOST_DAYS, Figures, Statistics, collect, days, moment, whole_seconds

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_DAYS = 7
_INTERVAL = 5.0


def _read_instant(_ctx: click.Context, _param: click.Parameter, text: str | None) -> datetime | None:
    """Return the instant that is written in ISO 8601: of a date its midnight, in UTC unless it says otherwise."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        form = "Write 2026-11-01, or 2026-11-01T09:30+01:00; what names no time zone is UTC."
        raise click.BadParameter(f"{text!r} is no date. {form}") from None
    instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    if not _FIRST <= instant < _LAST:
        raise click.BadParameter(f"{text!r} is not between the years 2000 and 2100.")
    return instant.astimezone(UTC)


@click.command()
@dsn_option
@schema_option
@click.option("--from", "start", callback=_read_instant, metavar="DATE", help="Begin here; seven days by default.")
@click.option("--to", "end", callback=_read_instant, metavar="DATE", help="End before this; now by default.")
@click.option(
    "--watch",
    type=click.FloatRange(min=0.1, max=80_000),
    is_flag=False,
    flag_value=_INTERVAL,
    metavar="[SECONDS]",
    help=f"Look again every {_INTERVAL:g} seconds, or as often as said, until Ctrl-C.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=f"Write a page with charts by day, of at most {MOST_DAYS} days.",
)
@lock_timeout_option
@json_option
def stats(
    dsn: str,
    schema: str,
    start: datetime | None,
    end: datetime | None,
    watch: float | None,
    html: Path | None,
    lock_timeout: str,
    as_json: bool,
) -> None:
    """Show the queue, what was booked, moved and refused, and unusual patterns of credits. Changes nothing.

    \b
    bookingdb stats
    bookingdb stats --from 2026-11-01 --to 2026-12-01 --json
    bookingdb stats --watch 2
    bookingdb stats --html stats.html
    """
    check_name(schema)
    target = Target(dsn, schema, lock_timeout)
    if watch is not None:
        if as_json or html:
            raise WrongUsage("--watch goes with neither --json nor --html.")
        _watch(target, start, end, watch)
        return
    statistics = look(target, start, end, by_day=html is not None)
    if html:
        _write(html, statistics)
    if as_json:
        print_json(_document(statistics))
    else:
        _print(statistics)


def look(target: Target, start: datetime | None, end: datetime | None, *, by_day: bool = False) -> Statistics:
    """Return the statistics of a period, by default the last seven days, all of one moment."""
    try:
        with reading(target, any_pooler=True) as conn:
            end = end or moment(conn).astimezone(UTC)
            start = start or _days_before(end)
            if start >= end:
                raise WrongUsage("--from is not before --to, which is now unless it is said.")
            if by_day and len(list(days(start, end))) > MOST_DAYS:
                raise WrongUsage(f"--html takes at most {MOST_DAYS} days.", "Say --from and --to.")
            return collect(conn, target.schema, start, end, by_day=by_day)
    except UnknownFunction as unknown:
        raise WrongUsage(f"{unknown}.") from unknown


def _days_before(end: datetime) -> datetime:
    """Return when the last seven days began: at midnight, today being the last of them."""
    last = (end - timedelta(microseconds=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(_FIRST, last - timedelta(days=_DAYS - 1))


def _watch(target: Target, start: datetime | None, end: datetime | None, seconds: float) -> None:
    """Show the statistics again and again, with what changed since the last look."""
    if not console.is_terminal:
        raise WrongUsage("--watch needs a terminal.", "For machines there is --json.")
    before = look(target, start, end)
    footer = Text(f"Every {seconds:g} s. Ctrl-C ends it.", style="dim")
    with suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False) as live:
        statistics = before
        while True:
            live.update(Group(*_parts(statistics, before), footer), refresh=True)
            time.sleep(seconds)
            before, statistics = statistics, look(target, before.start, end)


def _print(statistics: Statistics) -> None:
    for part in _parts(statistics):
        if isinstance(part, Table):
            print_table(part)
        else:
            say(part)


def _parts(now: Statistics, before: Statistics | None = None) -> Iterator[Table | Text]:
    """Return what is shown, one below the other; with the changes since another look."""
    yield Text(f'Schema "{now.schema}", {now.start:%Y-%m-%d %H:%M} to {now.end:%Y-%m-%d %H:%M} UTC', style="bold")
    if now.queue:
        yield _counts("notifications", now.queue, before.queue if before else None)
        if now.oldest_due is not None:
            yield Text(f"The oldest one has been due for {whole_seconds(now.oldest_due)}.")
    yield _figures("bookings", now.happened, before.happened if before else None)
    yield _figures("moved", now.moved, before.moved if before else None)
    if now.refused:
        yield _counts("refused since installation", now.refused, before.refused if before else None)
    if now.patterns:
        yield _patterns(now)
    elif now.patterns is not None:
        yield Text("No unusual patterns of credits.", style="green")


def _counts(title: str, counts: Mapping[str, int], before: Mapping[str, int] | None) -> Table:
    table = _table(title)
    _add_numbers(table, before is not None)
    for name, count in counts.items():
        table.add_row(Text(name), *_numbers(count, None if before is None else before.get(name, 0)))
    return table


def _figures(title: str, figures: Figures, before: Figures | None) -> Table:
    table = _table("module", title)
    _add_numbers(table, before is not None)
    for (module, metric), count in figures.items():
        then = None if before is None else before.get((module, metric), 0)
        table.add_row(Text(module), Text(metric.replace("_", " ")), *_numbers(count, then))
    return table


def _patterns(statistics: Statistics) -> Table:
    table = _table("unusual pattern", "person", "value", "details")
    for row in statistics.patterns or ():
        details = json.dumps(row.details, ensure_ascii=False)
        table.add_row(*map(Text, (row.pattern.replace("_", " "), str(row.user_id), f"{row.value:,}", details)))
    return table


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    return table


def _add_numbers(table: Table, with_change: bool) -> None:
    table.add_column("number", justify="right")
    if with_change:
        table.add_column("change", justify="right")


def _numbers(count: int, before: int | None) -> Iterator[RenderableType]:
    yield Text(f"{count:,}", style="" if count else "dim")
    if before is not None:
        yield Text(f"{count - before:+,}" if count != before else "", style="green")


def _document(statistics: Statistics) -> dict[str, Any]:
    """Return what --json prints."""
    age, patterns = statistics.oldest_due, statistics.patterns
    queue = statistics.queue | {"oldest_due_seconds": None if age is None else age.total_seconds()}
    return {
        "schema": statistics.schema,
        "at": statistics.at.isoformat(),
        "from": statistics.start.isoformat(),
        "to": statistics.end.isoformat(),
        "queue": queue if statistics.queue else None,
        "bookings": _by_module(statistics.happened),
        "moved": _by_module(statistics.moved),
        "refused": statistics.refused,
        "patterns": None if patterns is None else [asdict(row) for row in patterns],
    }


def _by_module(figures: Figures) -> dict[str, dict[str, int]]:
    modules: dict[str, dict[str, int]] = {}
    for (module, metric), count in figures.items():
        modules.setdefault(module, {})[metric] = count
    return modules


def _write(path: Path, statistics: Statistics) -> None:
    """Write the page beside the file, then put it in its place: whoever reads the file sees a whole page."""
    from bookingdb.stats.page import render  # not above: most calls write none

    path = path.resolve()
    if path.exists() and not path.is_file():
        raise WrongUsage(f"{path} is no ordinary file.")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("x", encoding="utf-8") as page:
            page.write(render(statistics))
            page.flush()
            os.fsync(page.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    report(f"Wrote {path}")
