"""``bookingdb doctor``: what usually goes wrong, and what to do."""

from dataclasses import asdict

import click
from rich.table import Table

from bookingdb import deploy
from bookingdb.cli._common import dsn_option, json_option, lock_timeout_option, schema_option
from bookingdb.cli._output import Text, console, print_json, print_table

_MARKS = {"fine": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


@click.command()
@dsn_option
@schema_option
@lock_timeout_option
@json_option
@click.pass_context
def doctor(ctx: click.Context, dsn: str, schema: str, lock_timeout: str, as_json: bool) -> None:
    """Check what usually goes wrong, and say what to do; exit with 1 if there are problems.

    Server, pooler, privileges, roles, extension, time zones, functions, constraints, statistics. Changes nothing.

    \b
    bookingdb doctor
    bookingdb doctor --schema sauna --json
    """
    findings = deploy.doctor(dsn, schema=schema, lock_timeout=lock_timeout)
    problems = sum(finding.severity == "problem" for finding in findings)
    warnings = sum(finding.severity == "warning" for finding in findings)
    if as_json:
        print_json({"healthy": not problems, "findings": [asdict(finding) for finding in findings]})
    else:
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for finding in findings:
            mark, color = _MARKS[finding.severity]
            text = Text(finding.message)
            if finding.advice:
                text.append(f"\n{finding.advice}", "dim")
            table.add_row(Text(mark, color), finding.check, text)
        print_table(table)
        console.print(f"Problems: {problems}, warnings: {warnings}.")
    ctx.exit(1 if problems else 0)
