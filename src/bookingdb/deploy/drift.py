"""What somebody changed by hand: the definition that was recorded against the one the database prints now."""

from collections.abc import Iterator
from difflib import unified_diff

from bookingdb.deploy.catalog import Snapshot
from bookingdb.deploy.files import DatabaseObject
from bookingdb.deploy.history import Version

_POLICIES = "policies "


def has_drifted(version: Version, snapshot: Snapshot) -> bool:
    """Tell whether anything is not as it was recorded."""
    definition = snapshot.definition(version.declared, version.sequences)
    return definition is None or not version.matches(definition)


def diff(version: Version, snapshot: Snapshot, sequences: tuple[str, ...]) -> str | None:
    """Return what was recorded against what is there now; None where nothing differs."""
    existing = [declared for declared in version.declared if declared in snapshot.definitions]
    now = snapshot.definition(existing, sequences) or ""
    lines = unified_diff(
        version.definition.split("\n"), now.split("\n"), "deployed", "now in the database", lineterm=""
    )
    return "\n".join(lines) or None


def is_edited(version: Version, snapshot: Snapshot, sequences: tuple[str, ...]) -> bool:
    """Tell whether somebody put something there that restoring would take away.

    What is merely missing (an object, a grant, a policy, a comment) is no edit: nothing is lost by making it again.
    """
    recorded = _parts(version)
    existing = [declared for declared in version.declared if declared in snapshot.definitions]
    recorded_grants = set(version.definition.split("\n"))
    return (
        any(_is_other(declared, recorded[declared], snapshot.definitions[declared]) for declared in existing)
        or any(not set(snapshot.grants_on(declared)) <= set(recorded[declared].split("\n")) for declared in existing)
        or not set(snapshot.grants_on_sequences(sequences)) <= recorded_grants
    )


def _is_other(declared: DatabaseObject, recorded: str, now: str) -> bool:
    if declared.type == "table":
        return not set(_facts(now)) <= set(_facts(recorded))
    if recorded == now or recorded.startswith(f"{now}\n\nsequence "):
        return False
    return not (declared.type == "function" and recorded.startswith(f"{now}\n"))  # its comment or grants are missing


def _facts(table: str) -> Iterator[str]:
    """Yield the lines of a table's definition, a policy a line."""
    for line in table.split("\n"):
        yield from line.removeprefix(_POLICIES).split(", ") if line.startswith(_POLICIES) else [line]


def _parts(version: Version) -> dict[DatabaseObject, str]:
    """Take a recorded definition apart, object by object; grants on sequences stay with the last one."""
    objects = version.declared
    rest = version.definition.removeprefix(f"{objects[0]}\n")
    parts = {}
    for declared, following in zip(objects, [*objects[1:], None], strict=True):
        parts[declared], _, rest = rest.partition(f"\n\n{following}\n") if following else (rest, "", "")
    return parts
