"""``bookingdb export``: the package as SQL migrations of a Supabase project, and its types for TypeScript."""

from dataclasses import asdict
from pathlib import Path

import click

from bookingdb.cli._common import WrongUsage, json_option, schema_option
from bookingdb.cli._output import print_json, say
from bookingdb.cli.migrate import complete_modules, summary
from bookingdb.export import Exported, export_supabase, export_typescript


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
@click.option(
    "--typescript",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the types of what --expose shows (public, unless told otherwise) for supabase-js.",
)
@json_option
def export(
    supabase: Path | None,
    modules: tuple[str, ...],
    schema: str,
    expose: str | None,
    typescript: Path | None,
    as_json: bool,
) -> None:
    """Write what others take of bookingdb: SQL migrations for Supabase, types for TypeScript.

    The migration brings everything to a new project, and later only what has changed since the last export into the
    same folder. supabase db push applies it. No database is needed.

    \b
    bookingdb export --supabase . --expose public
    bookingdb export --supabase . --modules gusmester --expose api
    bookingdb export --typescript src/bookingdb.types.ts
    """
    if supabase is None and typescript is None:
        raise WrongUsage("Export what?", "Say --supabase DIR, --typescript FILE, or both.")
    names = [name.strip() for part in modules for name in part.split(",")] if modules else None
    result = export_supabase(supabase, schema=schema, modules=names, expose=expose) if supabase else None
    types_changed = typescript is not None and _write_types(typescript, names, expose, result)
    if as_json:
        _print_json(result, typescript, types_changed=types_changed)
        return
    if result:
        _print(result)
    if typescript:
        say(f"Wrote {typescript}" if types_changed else f"Nothing to write: {typescript} is up to date.")


def _write_types(file: Path, names: list[str] | None, expose: str | None, result: Exported | None) -> bool:
    """Write the types of what was just exported, if anything was."""
    if result is None:
        return export_typescript(file, modules=names, expose=expose or "public")
    where = expose or next(iter(result.expose), "public")
    return export_typescript(file, modules=result.modules, expose=where)


def _print_json(result: Exported | None, typescript: Path | None, *, types_changed: bool) -> None:
    document = asdict(result) if result else {"file": None}
    changed = types_changed or (result is not None and result.changed)
    print_json(document | {"typescript": typescript if types_changed else None, "changed": changed})


def _print(result: Exported) -> None:
    if result.file is None:
        say(f"Nothing to write: the folder has all of bookingdb {result.version} ({', '.join(result.modules)}).")
        return
    say(f"Wrote {result.file}")
    parts = [f"{len(result.migrations)} migrations"] if result.migrations else []
    parts += [summary(list(result.changes))] if result.changes else []
    parts += [f"{len(result.exposed)} exposed names"] if result.exposed else []
    say(f"It brings {'; '.join(parts)}. Apply it with: supabase db push")
