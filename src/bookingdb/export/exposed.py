"""What the exposed schema gets: a function for each public function, a view for each table that callers may read.

They are thin: they run with the caller's rights, so that everything is decided where it always is, in the schema that
is not exposed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bookingdb.deploy.files import MigrationFile, ObjectFile, checksum
from bookingdb.deploy.roles import API_ROLES
from bookingdb.export import declarations
from bookingdb.export.declarations import Argument, Columns, Privileges, Signature
from bookingdb.export.quoting import identifier

MARK = "-- Made by bookingdb export."
"""What our functions' bodies begin with: it tells them from others of the same name."""

_EVERYBODY = ", ".join(("PUBLIC", *API_ROLES))


@dataclass(frozen=True)
class Exposed:
    """A function or a view in the exposed schema."""

    kind: Literal["function", "view"]
    name: str
    text: str
    shape: str
    """The sha256 of what cannot be changed without dropping it."""

    @property
    def checksum(self) -> str:
        """The sha256 of the text."""
        return checksum(self.text)


def exposed(schema: str, files: Iterable[ObjectFile], migrations: Iterable[MigrationFile], where: str) -> list[Exposed]:
    """Return everything that ``where`` exposes of the schema."""
    files, migrations = list(files), list(migrations)
    functions = [(file, declarations.signature(file)) for file in files if file.kind == "function"]
    return [
        *(_function(schema, file, signature, where) for file, signature in functions if signature.is_public),
        *(
            _view(schema, file, granted, migrations, where)
            for file in files
            if file.kind == "policy" and declarations.is_readable(granted := declarations.table_privileges(file))
        ),
    ]


def _function(schema: str, file: ObjectFile, signature: Signature, where: str) -> Exposed:
    name = f"{identifier(where)}.{signature.name}"
    roles = ", ".join(declarations.executing_roles(file))
    (comment,) = declarations.comments_on("FUNCTION", file.name, file.text).values() or ("NULL",)
    text = f"""\
CREATE OR REPLACE FUNCTION {name}({signature.parameters_text})
RETURNS {signature.returns}
LANGUAGE sql {signature.volatility} SECURITY INVOKER
SET search_path TO ''
AS $exposed$
    {MARK}
    {_call(schema, signature)}
$exposed$;
REVOKE ALL ON FUNCTION {name} FROM {_EVERYBODY};
{f"GRANT EXECUTE ON FUNCTION {name} TO {roles};" if roles else "-- Nobody but its owner calls it."}
COMMENT ON FUNCTION {name} IS
{comment};
"""
    return Exposed("function", signature.name, text, checksum(f"({signature.parameters_text}) {signature.returns}"))


def _call(schema: str, signature: Signature) -> str:
    call = f"{identifier(schema)}.{signature.name}({', '.join(map(_passed_on, signature.parameters))})"
    if signature.columns:
        return f"SELECT {', '.join(f'called.{column}' for column in signature.columns)} FROM {call} AS called"
    return f"SELECT * FROM {call}" if signature.returns.upper().startswith("SETOF ") else f"SELECT {call}"


def _passed_on(parameter: Argument) -> str:
    return f"{parameter.name} => {parameter.name}"


def _view(
    schema: str,
    file: ObjectFile,
    granted: Mapping[str, Privileges],
    migrations: Iterable[MigrationFile],
    where: str,
) -> Exposed:
    table = file.name
    name = f"{identifier(where)}.{table}"
    makers = [migration for migration in migrations if declarations.touched_by(table, migration.text)]
    common = declarations.common_columns(granted)
    columns = "*" if common is None else ", ".join(common)
    text = f"""\
-- Its columns are those of {", ".join(migration.id for migration in makers)}.
CREATE OR REPLACE VIEW {name} WITH (security_invoker = true) AS
    SELECT {columns} FROM {identifier(schema)}.{table};
REVOKE ALL ON {name} FROM {_EVERYBODY};
{_grants(name, granted, common)}\
{_comments(name, table, [*makers, file], columns)}"""
    return Exposed("view", table, text, checksum(columns))


def _grants(name: str, granted: Mapping[str, Privileges], shown: Columns) -> str:
    """Return grants of what the table grants; the table's own are asked for as well, and its policies."""
    return "".join(
        f"GRANT {', '.join(f'{privilege}{columns}' for privilege, columns in allowed)} ON {name} TO {role};\n"
        for role, privileges in granted.items()
        if (allowed := list(_allowed(privileges, shown)))
    )


def _allowed(privileges: Privileges, shown: Columns) -> Iterator[tuple[str, str]]:
    for privilege, columns in privileges.items():
        if columns is None or privilege == "SELECT":
            yield privilege, ""
        elif visible := [column for column in columns if shown is None or column in shown]:
            yield privilege, f" ({', '.join(visible)})"


def _comments(name: str, table: str, makers: Iterable[MigrationFile | ObjectFile], columns: str) -> str:
    of_table: dict[str, str] = {}
    of_columns: dict[str, str] = {}
    for maker in makers:
        of_table |= declarations.comments_on("TABLE", table, maker.text)
        of_columns |= declarations.comments_on("COLUMN", table, maker.text)
    lines = [f"COMMENT ON VIEW {name} IS {comment};\n" for comment in of_table.values()]
    lines += [
        f"COMMENT ON COLUMN {name}.{column} IS {comment};\n"
        for column, comment in of_columns.items()
        if columns == "*" or column in columns.split(", ")
    ]
    return "".join(lines)
