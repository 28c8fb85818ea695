"""What a release brings that the folder's earlier exports have not brought."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from packaging.version import Version

from bookingdb.deploy.errors import DeployError
from bookingdb.deploy.files import DatabaseObject, Key, MigrationFile, ObjectFile, Package
from bookingdb.export import declarations
from bookingdb.export.exposed import Exposed, exposed


@dataclass(frozen=True)
class Earlier:
    """What the folder's exports bring to one schema, taken together."""

    version: str | None = None
    modules: tuple[str, ...] = ()
    migrations: Mapping[str, str] = field(default_factory=dict)
    """Id -> checksum of the file."""
    files: dict[Key, ObjectFile] = field(default_factory=dict)
    checksums: Mapping[Key, str] = field(default_factory=dict)
    exposed: Mapping[str, Mapping[tuple[str, str], tuple[str, str]]] = field(default_factory=dict)
    """Exposed schema -> kind and name -> checksum and shape."""


@dataclass(frozen=True)
class Exposure:
    """What an exposed schema gets."""

    schema: str
    written: Sequence[Exposed]
    dropped_first: Sequence[tuple[str, str]]
    """Kind and name of those that have another shape now, or none any more."""
    vanished: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Release:
    """What one exported file brings."""

    schema: str
    version: str
    modules: tuple[str, ...]
    first: bool
    migrations: Sequence[MigrationFile]
    constraints: Sequence[ObjectFile]
    files: Sequence[ObjectFile]
    """Functions and policies, in the order in which they can be made."""
    before: Mapping[Key, str | None]
    """What is changed or dropped -> the checksum it has before; None for what is new."""
    dropped_first: Sequence[DatabaseObject]
    """What has to make way for what has another signature now."""
    dropped_last: Sequence[DatabaseObject]
    """What is not declared any more."""
    vanished: Sequence[Key]
    exposures: Sequence[Exposure]

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(
            self.migrations or self.before or any(exposure.written or exposure.vanished for exposure in self.exposures)
        )

    @property
    def new_objects(self) -> list[DatabaseObject]:
        """What must not be there yet."""
        new = [file for file in [*self.constraints, *self.files] if self.before.get(file.key, "") is None]
        return [declared for file in new for declared in file.objects if declared.type in ("function", "type")]


def release(
    package: Package, schema: str, modules: tuple[str, ...], expose: Iterable[str], earlier: Earlier
) -> Release:
    """Compare the package with what was exported earlier."""
    _check_not_older(package, earlier)
    migrations = [file for file in package.migration_files() if file.module in modules]
    _check_migrations(package, earlier)
    files = package.objects(modules)
    changed = {file.key for file in files if earlier.checksums.get(file.key) != file.checksum}
    gone = [key for key in earlier.files if key not in {file.key for file in files}]
    displaced = _displaced(files, earlier, changed)
    run = [file for file in files if file.key in changed | displaced]
    new_migrations = [file for file in migrations if file.id not in earlier.migrations]
    return Release(
        schema=schema,
        version=package.version,
        modules=modules,
        first=earlier.version is None,
        migrations=new_migrations,
        constraints=[file for file in run if file.kind == "constraint"],
        files=[file for file in declarations.in_order(files) if file in run and file.kind != "constraint"],
        before={key: earlier.checksums.get(key) for key in [*(file.key for file in run), *gone]},
        dropped_first=_declared(earlier.files[key] for key in reversed(earlier.files) if key in displaced),
        dropped_last=_undeclared(files, earlier, changed, gone),
        vanished=gone,
        exposures=[
            _exposure(exposed(schema, files, migrations, where), where, earlier, new_migrations) for where in expose
        ],
    )


def _check_not_older(package: Package, earlier: Earlier) -> None:
    if earlier.version and Version(earlier.version) > Version(package.version):
        raise DeployError(
            f"The folder has an export of bookingdb {earlier.version}; this is {package.version}.",
            "Use that version of bookingdb, or a newer one.",
        )


def _check_migrations(package: Package, earlier: Earlier) -> None:
    files = {file.id: file.checksum for file in package.migration_files()}
    changed = [id_ for id_, checksum in earlier.migrations.items() if files.get(id_) != checksum]
    if changed:
        raise DeployError(
            f"Exported once and not the same in this bookingdb: {', '.join(changed)}.",
            "A released migration never changes: install the package again.",
        )


def _displaced(files: Iterable[ObjectFile], earlier: Earlier, changed: set[Key]) -> set[Key]:
    """Return the files whose objects PostgreSQL wants dropped before they, or what they stand on, can be made anew.

    That is so for a function with another signature, for whatever names a type that is made anew, and for what stands
    on these.
    """
    now = {file.key: file for file in files}
    outside = {key: declarations.names_outside(file.text) for key, file in earlier.files.items()}
    displaced: set[Key] = set()
    for key in changed & earlier.files.keys():
        before = earlier.files[key]
        if key[0] != "function" or key not in now:
            continue
        users = _users(before, outside, {"type"})
        if users or _signature_changed(before, now[key]):
            displaced |= {key} | users
    waiting = list(displaced)
    while waiting:
        users = _users(earlier.files[waiting.pop()], outside, {"type", "function"}) - displaced
        displaced |= users
        waiting += users
    return displaced


def _users(file: ObjectFile, outside: Mapping[Key, frozenset[str]], types: set[str]) -> set[Key]:
    """Return the files whose objects depend on objects of ``file`` of these types; a type may be used by its own."""
    names = {declared.name for declared in file.objects if declared.type in types}
    users = {key for key, words in outside.items() if key != file.key and key[0] != "constraint" and words & names}
    own = {declared.name for declared in file.objects if declared.type == "type"}
    if own & set(declarations.words(_signature_text(file))):
        users.add(file.key)
    return users


def _signature_text(file: ObjectFile) -> str:
    if file.kind != "function":
        return ""
    signature = declarations.signature(file)
    return f"({signature.parameters_text}) {signature.returns}"


def _signature_changed(before: ObjectFile, now: ObjectFile) -> bool:
    return _signature_text(before) != _signature_text(now)


_DROPPING = {"policy": 0, "trigger": 1, "function": 2, "type": 3, "constraint": 4, "index": 5}
"""The order of dropping: what depends on others goes first. Tables are not ours to drop."""


def _declared(files: Iterable[ObjectFile]) -> list[DatabaseObject]:
    return _droppable(declared for file in files for declared in file.objects)


def _undeclared(
    files: Iterable[ObjectFile], earlier: Earlier, changed: set[Key], gone: Iterable[Key]
) -> list[DatabaseObject]:
    """Return what changed files declared once and no file declares now."""
    now = {declared for file in files for declared in file.objects}
    touched = [file for key, file in earlier.files.items() if key in changed or key in set(gone)]
    return _droppable(declared for file in touched for declared in file.objects if declared not in now)


def _droppable(objects: Iterable[DatabaseObject]) -> list[DatabaseObject]:
    return sorted((one for one in objects if one.type in _DROPPING), key=lambda one: _DROPPING[one.type])


def _exposure(wanted: list[Exposed], where: str, earlier: Earlier, migrations: Iterable[MigrationFile]) -> Exposure:
    known = earlier.exposed.get(where, {})
    written = [one for one in wanted if known.get((one.kind, one.name), ("", ""))[0] != one.checksum]
    reshaped = [
        (one.kind, one.name)
        for one in written
        if (one.kind, one.name) in known
        and (known[one.kind, one.name][1] != one.shape or (one.kind == "view" and _reshapes(one.name, migrations)))
    ]
    vanished = [key for key in known if key not in {(one.kind, one.name) for one in wanted}]
    return Exposure(where, written, [*reshaped, *vanished], vanished)


def _reshapes(table: str, migrations: Iterable[MigrationFile]) -> bool:
    """Tell whether a migration takes away or retypes what a view of the table shows."""
    return any(declarations.reshapes(table, migration.text) for migration in migrations)
