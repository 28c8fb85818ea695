"""The history of what was deployed: the table ``function_versions``, to which rows are only ever added."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bookingdb.deploy.files import DatabaseObject, Key, Kind, ObjectFile, checksum

_SEQUENCE_GRANT = re.compile(r"^sequence (.+?): grant ", re.MULTILINE)

Action = Literal["created", "changed", "restored", "dropped"]


@dataclass(frozen=True)
class Version:
    """The last row of one file."""

    kind: Kind
    module: str
    name: str
    version: int
    action: Action
    file_checksum: str
    definition_checksum: str
    definition: str
    objects: list[list[Any]]

    @property
    def key(self) -> Key:
        """What names the file."""
        return self.kind, self.module, self.name

    @property
    def declared(self) -> list[DatabaseObject]:
        """What the file declared then."""
        return [DatabaseObject(*parts) for parts in self.objects]

    @property
    def sequences(self) -> tuple[str, ...]:
        """The sequences it granted something on."""
        return tuple(dict.fromkeys(_SEQUENCE_GRANT.findall(self.definition)))

    def matches(self, definition: str) -> bool:
        """Tell whether this is what the database printed then."""
        return checksum(definition) == self.definition_checksum


def read(conn: Connection[Any]) -> dict[Key, Version]:
    """Return the last row of every file that was deployed and not dropped since."""
    cursor = conn.cursor(row_factory=class_row(Version))
    cursor.execute(
        "SELECT DISTINCT ON (kind, module, name) kind, module, name, version, action,"
        " file_checksum, definition_checksum, definition, objects"
        " FROM function_versions ORDER BY kind, module, name, version DESC"
    )
    return {version.key: version for version in cursor if version.action != "dropped"}


def package_versions(conn: Connection[Any]) -> list[str]:
    """Return the versions of the package that have deployed here."""
    return [version for (version,) in conn.execute("SELECT DISTINCT package_version FROM function_versions")]


def record(conn: Connection[Any], file: ObjectFile, action: Action, definition: str, package_version: str) -> None:
    """Add a row for ``file``, which was just run and now looks like ``definition``."""
    objects = [list(declared) for declared in file.objects]
    _add(conn, file.key, action, (file.checksum, checksum(definition), definition), objects, package_version)


def record_dropped(conn: Connection[Any], dropped: Iterable[Version], package_version: str) -> None:
    """Add a row for every file whose objects were just dropped."""
    for version in dropped:
        texts = (version.file_checksum, version.definition_checksum, version.definition)
        _add(conn, version.key, "dropped", texts, version.objects, package_version)


def _add(
    conn: Connection[Any],
    key: Key,
    action: Action,
    texts: tuple[str, str, str],
    objects: list[list[Any]],
    package_version: str,
) -> None:
    conn.execute(
        "INSERT INTO function_versions (kind, module, name, version, action,"
        " file_checksum, definition_checksum, definition, objects, package_version)"
        " SELECT %(kind)s, %(module)s, %(name)s, coalesce(max(version), 0) + 1, %(action)s,"
        " %(file)s, %(checksum)s, %(definition)s, %(objects)s, %(package)s"
        " FROM function_versions WHERE (kind, module, name) = (%(kind)s, %(module)s, %(name)s)",
        {
            **dict(zip(("kind", "module", "name"), key, strict=True)),
            **dict(zip(("file", "checksum", "definition"), texts, strict=True)),
            "action": action,
            "objects": Jsonb(objects),
            "package": package_version,
        },
    )
