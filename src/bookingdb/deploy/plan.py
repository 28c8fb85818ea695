"""The comparison of three things: what the files declare, what history recorded, what the database holds."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import Version as PackageVersion
from psycopg import Connection

from bookingdb.deploy import catalog, drift, history, migrations
from bookingdb.deploy.files import DatabaseObject, Key, MigrationFile, ObjectFile, Package
from bookingdb.deploy.history import Action, Version
from bookingdb.deploy.results import State
from bookingdb.modules import DEPENDENCIES


@dataclass(frozen=True)
class Database:
    """What the schema holds at one moment."""

    installed: bool
    migrations: dict[str, str | None]
    """Applied ones, with the checksum of their file."""
    history: dict[Key, Version]
    newest_package: str | None
    """The newest version of the package that has deployed here."""
    snapshot: catalog.Snapshot

    @property
    def modules(self) -> set[str]:
        """The installed modules."""
        return {MigrationFile(id_, "").module for id_ in self.migrations} & set(DEPENDENCIES)

    @property
    def ours(self) -> set[DatabaseObject]:
        """Everything history says we made."""
        return {declared for version in self.history.values() for declared in version.declared}


def read_database(conn: Connection[Any], schema: str) -> Database:
    """Return what ``schema`` holds now."""
    installed = migrations.is_installed(conn, schema)
    return Database(
        installed=installed,
        migrations=migrations.applied(conn) if installed else {},
        history=history.read(conn) if installed else {},
        newest_package=max(history.package_versions(conn), key=PackageVersion, default=None) if installed else None,
        snapshot=catalog.read(conn, schema),
    )


@dataclass(frozen=True)
class FileState:
    """How the database compares with one file."""

    file: ObjectFile
    state: State
    detail: str | None
    previous: Version | None
    validate_only: bool = False
    """The constraint is there; a deployer was killed before it had validated it."""
    diff: str | None = None
    """What was recorded against what is there now."""
    edited: bool = False
    """Somebody put something there by hand that running the file would take away."""

    @property
    def action(self) -> Action:
        """What running the file is called in the history."""
        if self.previous is None:
            return "created"
        unchanged = self.previous.file_checksum == self.file.checksum
        return "restored" if unchanged and self.state != "up to date" else "changed"

    def looks_like(self, definition: str) -> bool:
        """Tell whether the file was up to date and its objects still have this definition."""
        return self.previous is not None and self.state == "up to date" and self.previous.matches(definition)


@dataclass(frozen=True)
class Plan:
    """What there is to do for a set of modules."""

    modules: tuple[str, ...]
    migrations: list[MigrationFile]
    """Those not applied yet."""
    files: list[FileState]
    """Every file, up to date or not."""
    vanished: list[Version]
    """Files that were deployed once and are not in the package any more."""
    stale: set[DatabaseObject]
    """Objects we made that no file declares any more."""
    edited: list[Key]
    """What was edited by hand so that bringing it up would take something away."""

    def to_run(self, *kinds: str) -> list[FileState]:
        """Return the files of these kinds that are not up to date."""
        return [state for state in self.files if state.state != "up to date" and state.file.kind in kinds]


def make_plan(package: Package, database: Database, modules: tuple[str, ...]) -> Plan:
    """Compare the package's files of ``modules`` with the database."""
    files = package.objects(modules)
    keys = {file.key for file in files}
    deployed = [version for version in database.history.values() if version.module in modules]
    declared = {declared for file in files for declared in file.objects}
    states = [_compare(file, database) for file in files]
    vanished = [version for version in deployed if version.key not in keys]
    return Plan(
        modules=modules,
        migrations=pending(package.migration_files(), database.migrations, modules),
        files=states,
        vanished=vanished,
        stale={was for version in deployed for was in version.declared} - declared,
        edited=[state.file.key for state in states if state.edited]
        + [
            version.key
            for version in vanished
            if declared.isdisjoint(version.declared) and drift.is_edited(version, database.snapshot, version.sequences)
        ],
    )


def pending(files: Iterable[MigrationFile], applied: Collection[str], modules: Sequence[str]) -> list[MigrationFile]:
    """Return the migrations of ``modules`` that are still to be run."""
    return [file for file in files if file.module in modules and file.id not in applied]


def _compare(file: ObjectFile, database: Database) -> FileState:
    previous = database.history.get(file.key)
    missing = database.snapshot.missing(file)
    if previous is None:
        return FileState(file, "missing", None, None)
    if len(missing) == len(file.objects):
        return FileState(file, "missing", "deployed once, gone now", previous)
    if previous.file_checksum != file.checksum:
        return _drifted(file, database, previous, "outdated", previous.sequences)
    definition = database.snapshot.definition(file.objects, file.sequences)
    if definition is None or not previous.matches(definition):
        return _drifted(file, database, previous, "edited by hand", file.sequences)
    if database.snapshot.unvalidated(file):
        return FileState(file, "outdated", "not validated yet", previous, validate_only=True)
    return FileState(file, "up to date", None, previous)


def _drifted(
    file: ObjectFile, database: Database, previous: Version, state: State, sequences: tuple[str, ...]
) -> FileState:
    snapshot = database.snapshot
    if state == "outdated":
        detail = "and edited by hand" if drift.has_drifted(previous, snapshot) else None
    else:
        missing = snapshot.missing(file)
        detail = f"missing: {', '.join(map(str, missing))}" if missing else None
    return FileState(
        file,
        state,
        detail,
        previous,
        diff=drift.diff(previous, snapshot, sequences),
        edited=drift.is_edited(previous, snapshot, sequences),
    )
