"""``bookingdb reconcile``: do accounts of credits, their ledgers and the sessions they paid agree?"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import click
import psycopg
from psycopg import IsolationLevel
from rich import box
from rich.console import Console
from rich.table import Table

from bookingdb.cli._common import (
    Problem,
    WrongUsage,
    describe,
    dsn_option,
    json_option,
    lock_timeout_option,
    schema_option,
)
from bookingdb.cli._output import Text, console, error_console, print_json, print_table, say
from bookingdb.client import connect
from bookingdb.deploy.connection import Target, reading, writing
from bookingdb.deploy.schema import check_name
from bookingdb.errors import BookingError, RetryableError, UnknownFunction
from bookingdb.functions.credits import ReconcileCreditsRow

REASON = "Reconciled: the ledger follows the account"
"""The description of an adjustment that nobody gave a reason for."""

_OF_ACCOUNTS = {"balance", "total_earned", "total_spent", "last_entry", "account_time"}
_OF_ENTRIES = {"entry_number", "entry_before", "entry_after", "entry_time"}

_LARGEST = 2**31 - 1  # credits that one entry moves


@dataclass(frozen=True)
class Repaired:
    """An account that agrees with its ledger now, and the adjustment that it took, if any."""

    user_id: UUID
    amount: int
    transaction_id: int | None
    balance_after: int


@dataclass(frozen=True)
class Refused:
    """An account that stays as it is, and why."""

    user_id: UUID
    message: str
    hint: str | None


@click.command()
@dsn_option
@schema_option
@click.option("--user", type=click.UUID, metavar="UUID", help="Look at one person; without it, at everybody.")
@click.option("--repair", is_flag=True, help="Bring ledgers to what their accounts show, by adjustments.")
@click.option("--reason", metavar="TEXT", help="Why, for the description of each adjustment; needs --repair.")
@click.option("--yes", is_flag=True, help="Do not ask before repairing.")
@lock_timeout_option
@json_option
@click.pass_context
def reconcile(
    ctx: click.Context,
    dsn: str,
    schema: str,
    user: UUID | None,
    repair: bool,
    reason: str | None,
    yes: bool,
    lock_timeout: str,
    as_json: bool,
) -> None:
    """List where credits, their ledger and sessions differ; exit with 1 if they do.

    Changes nothing, unless --repair is said: that shows what it would do, asks, and then takes the ledger of each
    account that differs to the balance that the account shows, by one adjustment. Entries are never edited. Each
    account is repaired by itself: what is in the way of one stops no other, and you can run it again at any time.

    \b
    bookingdb reconcile
    bookingdb reconcile --user 6f9619ff-8b86-4011-b42d-00cf4fc964ff --json
    bookingdb reconcile --repair --reason "Restored from the backup of Monday"
    """
    if reason is not None and not repair:
        raise WrongUsage("--reason goes with --repair.")
    if reason is not None and not reason.strip():
        raise WrongUsage("--reason is empty.", f"Leave it out for: {REASON}")
    check_name(schema)
    target = Target(dsn, schema, lock_timeout)

    differences = find_differences(target, user)
    outcomes: list[Repaired | Refused] = []
    plan = _plan(differences) if repair else {}
    if plan:
        _print_plan(differences, plan)
        if not yes:
            _ask(as_json=as_json)
        for outcome in repair_accounts(target, plan, reason or REASON):
            _print_outcome(outcome, error_console if as_json else console)
            outcomes.append(outcome)
        differences = find_differences(target, user)

    if as_json:
        _print_json(differences, outcomes)
    else:
        _print_differences(differences)
    ctx.exit(1 if differences else 0)


def find_differences(target: Target, user: UUID | None) -> list[ReconcileCreditsRow]:
    """Return the rows of reconcile_credits(), all of one moment."""
    try:
        with reading(target, any_pooler=True) as conn:
            return connect(conn, target.schema).reconcile_credits(user)
    except UnknownFunction as unknown:
        raise WrongUsage(
            f'Schema "{target.schema}" has no module credits.', "bookingdb migrate --modules credits installs it."
        ) from unknown


def repair_accounts(target: Target, accounts: Iterable[UUID], reason: str) -> Iterator[Repaired | Refused]:
    """Repair accounts, each in a transaction of its own; yield how it went."""
    with writing(target) as conn:
        conn.isolation_level = IsolationLevel.READ_COMMITTED
        db = connect(conn, target.schema)
        for user in accounts:
            try:
                with conn.transaction():
                    result = db.repair_credit_account(user, reason)
            except (BookingError, RetryableError, psycopg.Error) as error:
                if conn.closed:
                    raise
                problem = describe(error) or Problem(str(error))
                yield Refused(user, problem.message, problem.hint)
            else:
                if result.repaired:  # else somebody did it meanwhile
                    yield Repaired(user, result.amount, result.transaction_id, result.balance_after)


def _plan(differences: Sequence[ReconcileCreditsRow]) -> dict[UUID, str]:
    """Return the accounts that differ from their ledgers, and by what each ledger would be adjusted."""
    plan = {row.user_id: "totals only" for row in differences if row.problem in _OF_ACCOUNTS}
    for row in differences:
        if row.problem == "balance":
            plan[row.user_id] = "none: the account is made again"
            if row.found is not None:
                plan[row.user_id] = _adjustment(row.expected or 0, row.found)
    for row in differences:
        if row.problem in _OF_ENTRIES and row.user_id in plan:
            plan[row.user_id] = "none: the ledger is broken in itself"
    return plan


def _adjustment(expected: int, found: int) -> str:
    amount = found - expected
    if abs(amount) > _LARGEST or (amount < 0 and found < 0):
        return "none: no adjustment leads there"
    return f"{amount:+}"


def _print_plan(differences: Sequence[ReconcileCreditsRow], plan: Mapping[UUID, str]) -> None:
    """Say on stderr what differs and what would be done about it, so that stdout has the answer alone."""
    print_table(_table(differences), error_console)
    table = Table("account", "adjustment", box=box.SIMPLE_HEAD, pad_edge=False)
    for user, adjustment in plan.items():
        table.add_row(str(user), adjustment)
    print_table(table, error_console)


def _is_interactive() -> bool:
    return sys.stdin.isatty()


def _ask(*, as_json: bool) -> None:
    if as_json or not _is_interactive():
        raise WrongUsage("Nobody can be asked here. Nothing was repaired.", "If this is meant, say --yes.")
    if not click.confirm("Post these adjustments?", err=True):
        raise Problem("Nothing was repaired.")


def _print_json(differences: Sequence[ReconcileCreditsRow], outcomes: Sequence[Repaired | Refused]) -> None:
    print_json(
        {
            "differences": [asdict(row) for row in differences],
            "repaired": [asdict(outcome) for outcome in outcomes if isinstance(outcome, Repaired)],
            "refused": [asdict(outcome) for outcome in outcomes if isinstance(outcome, Refused)],
        }
    )


def _print_outcome(outcome: Repaired | Refused, where: Console) -> None:
    """Say how it went with one account, at once: who interrupts the others knows what was done."""
    match outcome:
        case Repaired():
            entry = f"adjusted by {outcome.amount:+}" if outcome.amount else "totals counted anew"
            text = f"Repaired {outcome.user_id}: {entry}, the balance is {outcome.balance_after}."
            say(Text(text, style="green"), where)
        case Refused():
            hint = f" {outcome.hint}" if outcome.hint else ""
            text = f"Not repaired {outcome.user_id}: {outcome.message.removesuffix('.')}.{hint}"
            say(Text(text, style="red"), where)


def _print_differences(differences: Sequence[ReconcileCreditsRow]) -> None:
    """Print what differs as a table, or that nothing does."""
    if not differences:
        console.print("[bold green]All accounts agree[/]: reconcile_credits() returns nothing.")
        return
    print_table(_table(differences))
    places = "place" if len(differences) == 1 else "places"
    console.print(f"[bold red]Different in {len(differences)} {places}.[/]")


def _table(differences: Sequence[ReconcileCreditsRow]) -> Table:
    """Return what differs, below the account that it is about; narrow enough to show every id whole."""
    table = Table("account", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("entry", "expected", "found"):
        table.add_column(name, justify="right")
    by_user: dict[UUID, list[ReconcileCreditsRow]] = {}
    for row in differences:
        by_user.setdefault(row.user_id, []).append(row)
    for user, rows in by_user.items():
        table.add_row(Text(str(user), style="bold"))
        for row in rows:
            session = f"\n  session {row.session_id}" if row.session_id else ""
            numbers = (row.entry_number, row.expected, row.found)
            table.add_row(Text(f"  {row.problem}{session}"), *("" if n is None else str(n) for n in numbers))
    return table
