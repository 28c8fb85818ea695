"""Rules between files: every file has its place, its counterpart, and looks only at what its module stands on."""

from collections import Counter
from collections.abc import Iterator

from pglast import ast

from bookingdb.modules import DEPENDENCIES, resolve

from . import migrations
from .source import Finding, Source, is_a, name

ROOMS = ("sql/functions", "sql/policies", "sql/constraints")


def room_of(path: str) -> str:
    """Return the room whose rules a file follows, "" when it lies in none."""
    if path.startswith("migrations/") and path.count("/") == 1:
        return "migrations"
    return next((room for room in ROOMS if path.startswith(f"{room}/") and path.count("/") == 3), "")


def check(sources: list[Source]) -> Iterator[Finding]:
    """Apply every rule that looks at more than one file."""
    for rule in (_places, _pairs, _numbers, _dependencies, _unique_functions, _policies, _modules):
        yield from rule(sources)


def _in_room(sources: list[Source], room: str) -> list[Source]:
    return [source for source in sources if room_of(source.path) == room]


def _once(sources: list[Source]) -> dict[str, Source]:
    """Return the migrations by id, without their rollbacks."""
    return {s.stem: s for s in _in_room(sources, "migrations") if not s.stem.endswith(".rollback")}


def _module(source: Source) -> str:
    match = migrations.FILE_NAME.fullmatch(source.stem) if room_of(source.path) == "migrations" else None
    return match["module"] if match else source.module


def _places(sources: list[Source]) -> Iterator[Finding]:
    for source in sources:
        if not room_of(source.path) or _module(source) not in DEPENDENCIES:
            yield source.finding(1, "lies in migrations/ or in sql/functions, policies or constraints/<module>/")


def _pairs(sources: list[Source]) -> Iterator[Finding]:
    stems = {source.stem: source for source in _in_room(sources, "migrations")}
    for stem, source in stems.items():
        if stem.endswith(".rollback") and stem.removesuffix(".rollback") not in stems:
            yield source.finding(1, "takes back a migration that does not exist")
        if not stem.endswith(".rollback") and f"{stem}.rollback" not in stems:
            yield source.finding(1, f"has a {stem}.rollback.sql beside it")


def _numbers(sources: list[Source]) -> Iterator[Finding]:
    numbers = Counter(stem[:4] for stem in _once(sources))
    for stem, source in _once(sources).items():
        if numbers[stem[:4]] > 1:
            yield source.finding(1, f"number {stem[:4]} is taken twice")


def _dependencies(sources: list[Source]) -> Iterator[Finding]:
    ids = _once(sources)
    for source in ids.values():
        for needed in migrations.depends(source):
            if needed not in ids:
                yield source.finding(1, f"depends on {needed}, which does not exist")
            elif _module(ids[needed]) not in _reachable(source):
                yield source.finding(1, f"depends on {needed}, of a module it does not stand on")


def _reachable(source: Source) -> set[str]:
    module = _module(source)
    return set(resolve([module])) if module in DEPENDENCIES else set()


def _unique_functions(sources: list[Source]) -> Iterator[Finding]:
    places = Counter(source.stem for source in _in_room(sources, "sql/functions"))
    for source in _in_room(sources, "sql/functions"):
        if places[source.stem] > 1:
            yield source.finding(1, f"function {source.stem} is declared by two files")


def _tables(sources: list[Source]) -> dict[str, Source]:
    return {
        name(statement.node.relation): source
        for source in _once(sources).values()
        for statement in source.of_kind(ast.CreateStmt)
    }


def _policies(sources: list[Source]) -> Iterator[Finding]:
    tables = _tables(sources)
    policies = {source.stem: source for source in _in_room(sources, "sql/policies")}
    for table, source in tables.items():
        if table not in policies or policies[table].module != _module(source):
            yield source.finding(1, f"table {table} has its grants in sql/policies/{_module(source)}/{table}.sql")
    for table, source in policies.items():
        if table not in tables:
            yield source.finding(1, f"there is no table {table}")


def _modules(sources: list[Source]) -> Iterator[Finding]:
    owners = {table: _module(source) for table, source in _tables(sources).items()}
    makers = {source.stem: source.module for source in _in_room(sources, "sql/functions")}
    for source in sources:
        for node, line in source.nodes():
            if is_a(node, ast.RangeVar):
                used, module = name(node), owners.get(name(node))
            elif is_a(node, ast.FuncCall):
                used, module = name(node.funcname), makers.get(name(node.funcname))
            else:
                continue
            if module is not None and module not in _reachable(source):
                yield source.finding(line, f"uses {used} of module {module}, on which {_module(source)} does not stand")
