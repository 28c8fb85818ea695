"""The conventions of the SQL files as rules, without a server: one file of rules per room of the tree."""

from collections.abc import Mapping

from . import constraints, declared, everywhere, functions, migrations, policies, tree
from .source import Finding, Source

ROOM_RULES = {
    "sql/functions": (functions.check, declared.check_objects),
    "sql/policies": (policies.check, declared.check_objects),
    "sql/constraints": (constraints.check, declared.check_objects),
    "migrations": (migrations.check, declared.check_relations),
}


def lint(files: Mapping[str, str]) -> list[Finding]:
    """Return what is wrong with SQL files, given as path within the project -> text."""
    sources = [Source(path, text) for path, text in sorted(files.items())]
    unparsable = [finding for source in sources for finding in everywhere.parses(source)]
    if unparsable:
        return sorted(unparsable)
    found = set(tree.check(sources))
    for source in sources:
        for rule in (*everywhere.RULES, *ROOM_RULES.get(tree.room_of(source.path), ())):
            found.update(rule(source))
    return sorted(found)
