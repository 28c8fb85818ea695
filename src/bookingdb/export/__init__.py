"""What others take of the package: SQL migrations for a Supabase project, types for TypeScript."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bookingdb.deploy import schema as schemas
from bookingdb.deploy.errors import WRONG_USAGE, DeployError
from bookingdb.deploy.files import Package
from bookingdb.deploy.results import Change
from bookingdb.export import project
from bookingdb.export.release import Release, release
from bookingdb.export.script import script
from bookingdb.export.typescript import HEADER, typescript
from bookingdb.modules import resolve

__all__ = ["Exported", "export_supabase", "export_typescript"]


@dataclass(frozen=True)
class Exported:
    """What an export wrote; no file where the folder has everything already."""

    schema: str
    version: str
    modules: Sequence[str]
    expose: Sequence[str]
    file: Path | None
    migrations: Sequence[str] = ()
    changes: Sequence[Change] = ()
    exposed: Sequence[str] = ()
    """Functions and views that are new, changed or dropped in the exposed schemas."""

    @property
    def changed(self) -> bool:
        """Whether a file was written."""
        return self.file is not None


def export_supabase(
    folder: Path,
    *,
    schema: str = "bookingdb",
    modules: Iterable[str] | None = None,
    expose: str | None = None,
    package: Package | None = None,
) -> Exported:
    """Write a migration with what earlier exports in the folder have not brought yet.

    ``modules`` come with what they need, beside those that were exported; None means those that were, at first all.
    ``expose`` is the schema that the API shows; what was exposed once stays exposed and follows.
    """
    package = package or Package.installed()
    schemas.check_name(schema)
    where = project.migrations_folder(folder)
    earlier = project.earlier_exports(where, schema)
    exposing = list(dict.fromkeys([*earlier.exposed, *([expose] if expose is not None else [])]))
    for name in exposing:
        schemas.check_name(name, "--expose")
    project.check_exposable(schema, exposing)
    new = release(package, schema, _modules(modules, earlier.modules), exposing, earlier)
    file = where / project.next_name(where, f"{schema}_{package.version}") if new.changed else None
    if file:
        project.write(file, script(new, exposing))
    return Exported(
        schema=schema,
        version=package.version,
        modules=new.modules,
        expose=exposing,
        file=file,
        migrations=[migration.id for migration in new.migrations],
        changes=_changes(new),
        exposed=[
            f"{kind} {exposure.schema}.{name}"
            for exposure in new.exposures
            for kind, name in [*((one.kind, one.name) for one in exposure.written), *exposure.vanished]
        ],
    )


def export_typescript(
    file: Path, *, modules: Iterable[str] | None = None, expose: str = "public", package: Package | None = None
) -> bool:
    """Write the types of what schema ``expose`` shows of the modules, None for all; tell whether that changed the file.

    A file that no export has written stays.
    """
    package = package or Package.installed()
    text = typescript(package, _modules(modules, ()), expose)
    if not file.parent.is_dir():
        raise DeployError(f"There is no folder {file.parent}.", "Make it first.", exit_code=WRONG_USAGE)
    before = file.read_text("utf-8", errors="replace") if file.is_file() else None
    if before == text:
        return False
    if before is not None and not before.startswith(HEADER):
        raise DeployError(
            f"{file} is there already, and bookingdb export did not write it.",
            "Choose another name, or remove it first.",
            exit_code=WRONG_USAGE,
        )
    project.write(file, text)
    return True


def _modules(wanted: Iterable[str] | None, earlier: Sequence[str]) -> tuple[str, ...]:
    try:
        if wanted is None:
            return resolve(earlier or None)
        return resolve({*wanted, *earlier})
    except ValueError as error:
        raise DeployError(f"{error}.", exit_code=WRONG_USAGE) from error


def _changes(new: Release) -> list[Change]:
    """Return what differs from before; what only made way for something else does not."""
    changes = [
        Change("created" if new.before[file.key] is None else "changed", *file.key)
        for file in [*new.constraints, *new.files]
        if new.before[file.key] != file.checksum
    ]
    return changes + [Change("dropped", *key) for key in new.vanished]
