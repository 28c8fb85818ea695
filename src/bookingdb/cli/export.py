"""``bookingdb export``: the package as SQL migrations of a Supabase project, and its types for TypeScript."""

from dataclasses import asdict
from pathlib import Path

import click

from bookingdb.cli._common import WrongUsage, json_option, schema_option
from bookingdb.cli._output import print_json, say
from bookingdb.cli.migrate import complete_modules, summary
from bookingdb.export import Exported, export_supabase


@click.command()
@click.option(
    "--supabase",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write a migration into this Supabase project (the folder of supabase/, or of the migrations themselves).",
)
@click.option(
    "--modules",
    multiple=True,
    metavar="NAME[,NAME...]",
    shell_complete=complete_modules,
    help="Export these and what they need; without it, those exported before, at first all.",
)
@schema_option
@click.option(
    "--expose",
    metavar="SCHEMA",
    help="Give this schema, which the API shows, a function for each public function and a view for each table"
    " that callers may read. What was exposed once stays exposed.",
)
@json_option
def export(supabase: Path | None, modules: tuple[str, ...], schema: str, expose: str | None, as_json: bool) -> None:
    """Write what others take of bookingdb: SQL migrations for Supabase.

    The migration brings everything to a new project, and later only what has changed since the last export into the
    same folder. supabase db push applies it. No database is needed.

    \b
    bookingdb export --supabase . --expose public
    bookingdb export --supabase . --modules gusmester --expose api
    """
    if supabase is None:
        raise WrongUsage("Export what?", "Say --supabase DIR.")
    names = [name.strip() for part in modules for name in part.split(",")] if modules else None
    result = export_supabase(supabase, schema=schema, modules=names, expose=expose)
    if as_json:
        print_json(asdict(result) | {"changed": result.changed})
    else:
        _print(result)


def _print(result: Exported) -> None:
    if result.file is None:
        say(f"Nothing to write: the folder has all of bookingdb {result.version} ({', '.join(result.modules)}).")
        return
    say(f"Wrote {result.file}")
    parts = [f"{len(result.migrations)} migrations"] if result.migrations else []
    parts += [summary(list(result.changes))] if result.changes else []
    parts += [f"{len(result.exposed)} names in {', '.join(result.expose)}"] if result.exposed else []
    say(f"It brings {'; '.join(parts)}. Apply it with: supabase db push")
