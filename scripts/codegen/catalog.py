"""What the catalog says of the functions and tables that are deployed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, LiteralString

from psycopg import Connection
from psycopg.rows import namedtuple_row

from bookingdb.modules import DEPENDENCIES

from .comments import Comment, Item, MalformedComment, items, listed_values, parse

Kind = Literal["command", "rows", "value"]

ValueSets = Mapping[str, tuple[str, ...]]
"""table.column -> the values its CHECK allows."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function."""

    name: str
    """Without its p_."""
    type: str
    default: str | None
    """SQL; None where it has to be given."""
    about: str
    values: tuple[str, ...]
    """The only ones it may have; empty for any."""

    @property
    def nullable(self) -> bool:
        """Whether NULL is its default, and so a value for it, or is said to be one."""
        return self.default_value == "NULL" or _may_be_null(self.about)

    @property
    def default_value(self) -> str | None:
        """The default without the cast that PostgreSQL prints after it."""
        return self.default and self.default.partition("::")[0]


@dataclass(frozen=True)
class Column:
    """A key of a command's result or a column of a table function's."""

    name: str
    type: str
    nullable: bool
    about: str
    values: tuple[str, ...]
    """The only ones it may have; empty for any."""


@dataclass(frozen=True)
class Function:
    """A public function."""

    name: str
    module: str
    kind: Kind
    writes: bool
    roles: tuple[str, ...]
    """Who may execute it."""
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    """Of the result; exactly one, without a name, for a value."""
    note: str
    """What else is said of the result."""
    comment: Comment


@dataclass(frozen=True)
class Reason:
    """A reason to refuse."""

    name: str
    status: int
    hint: str


@dataclass(frozen=True)
class TableColumn:
    """A column of a table."""

    name: str
    type: str
    nullable: bool
    default: str | None
    about: str
    in_primary_key: bool


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key."""

    columns: tuple[str, ...]
    table: str
    nullable: bool
    unique: bool


@dataclass(frozen=True)
class Table:
    """A table."""

    name: str
    module: str
    about: str
    columns: tuple[TableColumn, ...]
    constraints: tuple[Item, ...]
    """Name and definition of each UNIQUE, CHECK and FOREIGN KEY."""
    foreign_keys: tuple[ForeignKey, ...]


@dataclass(frozen=True)
class Catalog:
    """Everything that is generated from."""

    functions: tuple[Function, ...]
    tables: tuple[Table, ...]
    reasons: tuple[Reason, ...]
    value_sets: ValueSets

    def functions_of(self, module: str) -> list[Function]:
        """Return the public functions of a module."""
        return [function for function in self.functions if function.module == module]

    def tables_of(self, module: str) -> list[Table]:
        """Return the tables of a module."""
        return [table for table in self.tables if table.module == module]

    @property
    def modules(self) -> list[str]:
        """The modules in the order of their installation."""
        return list(DEPENDENCIES)


def read(connection: Connection[Any]) -> Catalog:
    """Read the catalog of the schema that the connection's search path begins with."""
    value_sets = _value_sets(connection)
    reasons = tuple(Reason(*row) for row in connection.execute("SELECT reason, status, hint FROM _error_reasons()"))
    names = {reason.name for reason in reasons}
    rows = connection.cursor(row_factory=namedtuple_row).execute(_FUNCTIONS)
    return Catalog(
        tuple(_function(row, value_sets, names) for row in rows),
        tuple(_tables(connection)),
        reasons,
        value_sets,
    )


_FUNCTIONS: LiteralString = """
    SELECT p.proname AS name, m.module, p.provolatile = 'v' AS writes,
           CASE WHEN p.prorettype = 'json'::regtype THEN 'command' WHEN p.proretset THEN 'rows' ELSE 'value' END
               AS kind,
           format_type(p.prorettype, NULL) AS returns, obj_description(p.oid, 'pg_proc') AS comment,
           ARRAY(SELECT a.grantee::regrole::text FROM aclexplode(p.proacl) a WHERE a.grantee <> p.proowner ORDER BY 1)
               AS roles,
           ARRAY(SELECT json_build_array(p.proargnames[n], format_type(p.proargtypes[n - 1], NULL),
                                         pg_get_function_arg_default(p.oid, n))
                 FROM generate_series(1, p.pronargs) n ORDER BY n) AS parameters,
           ARRAY(SELECT json_build_array(p.proargnames[n], format_type(p.proallargtypes[n], NULL))
                 FROM generate_subscripts(p.proargmodes, 1) n WHERE p.proargmodes[n] = 't' ORDER BY n)
           || ARRAY(SELECT json_build_array(a.attname, format_type(a.atttypid, NULL))
                    FROM pg_attribute a
                    WHERE a.attrelid = to_regclass(quote_ident(p.proname || '_result')) AND a.attnum > 0
                    ORDER BY a.attnum) AS columns
    FROM pg_proc p
    JOIN LATERAL (
        SELECT v.module FROM function_versions v WHERE v.kind = 'function' AND v.name = p.proname
        ORDER BY v.id DESC LIMIT 1
    ) m ON true
    WHERE p.pronamespace = current_schema()::regnamespace AND p.prorettype <> 'trigger'::regtype
      AND p.proname !~ '^(_|caller_)'  -- private ones, and those that policies ask
    ORDER BY p.proname
"""


def _function(row: Any, value_sets: ValueSets, reasons: set[str]) -> Function:
    try:
        comment = parse(row.comment)
        if unknown := [item.name for item in comment.raises if item.name not in reasons]:
            raise MalformedComment(f"raises what is no reason: {', '.join(unknown)}")
        columns, note = _columns(row, comment.returns, value_sets)
        return Function(
            row.name,
            row.module,
            row.kind,
            row.writes,
            tuple(row.roles),
            _parameters(row.parameters, comment.parameters, value_sets),
            columns,
            note,
            comment,
        )
    except MalformedComment as error:
        raise MalformedComment(f"the comment on {row.module}/{row.name} {error}") from None


def _parameters(
    declared: list[tuple[str, str, str | None]], explained: Mapping[str, str], value_sets: ValueSets
) -> tuple[Parameter, ...]:
    if list(explained) != [name for name, _, _ in declared]:
        raise MalformedComment(f"explains {', '.join(explained) or 'no parameters'}, not each one in order")
    return tuple(
        Parameter(name.removeprefix("p_"), type_name, default, explained[name], _values(explained[name], value_sets))
        for name, type_name, default in declared
    )


def _columns(row: Any, returns: str, value_sets: ValueSets) -> tuple[tuple[Column, ...], str]:
    if row.kind == "value":
        return (Column("", row.returns, _may_be_null(returns), returns, _values(returns, value_sets)),), ""
    listed, note = items(returns)
    if [item.name for item in listed] != [name for name, _ in row.columns]:
        raise MalformedComment(f"returns {', '.join(item.name for item in listed)}, not each column in order")
    return tuple(
        Column(name, type_name, _may_be_null(item.about), item.about, _values(item.about, value_sets))
        for item, (name, type_name) in zip(listed, row.columns, strict=True)
        if not (row.kind == "command" and name == "success")
    ), note


def _may_be_null(about: str) -> bool:
    return re.search(r"\bNULL\b", about) is not None


def _values(about: str, value_sets: ValueSets) -> tuple[str, ...]:
    of_a_column = (value_sets[word] for word in re.findall(r"\w+\.\w+", about) if word in value_sets)
    return next(of_a_column, listed_values(about))


def _value_sets(connection: Connection[Any]) -> ValueSets:
    """Read the CHECKs of one column that say ``column IN ('a', 'b')``, or ``column = ANY ('{a, b}')``."""
    rows = connection.execute("""
        SELECT c.conrelid::regclass || '.' || a.attname, pg_get_constraintdef(c.oid)
        FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ALL (c.conkey)
        WHERE c.contype = 'c' AND c.connamespace = current_schema()::regnamespace AND cardinality(c.conkey) = 1
    """)
    said = re.compile(r"CHECK \(\(\w+ = ANY \((?:ARRAY\[([^]]*)\]|'\{([^}]*)\}'::text\[\])\)\)\)")
    return {
        column: tuple(re.findall(r"'([^']*)'::text", found[1])) if found[1] else tuple(found[2].split(","))
        for column, definition in rows
        if (found := said.fullmatch(definition))
    }


_TABLES: LiteralString = """
    SELECT c.relname, m.module, coalesce(obj_description(c.oid, 'pg_class'), ''),
           ARRAY(SELECT json_build_array(
                            a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
                            CASE WHEN a.attidentity <> '' THEN 'identity' ELSE pg_get_expr(d.adbin, d.adrelid) END,
                            coalesce(col_description(c.oid, a.attnum), ''),
                            EXISTS (SELECT FROM pg_constraint k
                                    WHERE k.conrelid = c.oid AND k.contype = 'p' AND a.attnum = ANY (k.conkey)))
                 FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
           ARRAY(SELECT json_build_array(k.conname, pg_get_constraintdef(k.oid))
                 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('u', 'c', 'f', 'x')
                 ORDER BY k.conname COLLATE "C"),
           ARRAY(SELECT json_build_array(
                            array_agg(a.attname ORDER BY a.attnum), k.confrelid::regclass, NOT bool_and(a.attnotnull),
                            EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
                                    AND i.indpred IS NULL AND i.indnkeyatts = cardinality(k.conkey)
                                    AND i.indkey::int2[] @> k.conkey))
                 FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
                 WHERE k.conrelid = c.oid AND k.contype = 'f'
                 GROUP BY k.oid, k.conname, k.confrelid, k.conkey ORDER BY min(a.attnum), k.conname)
    FROM pg_class c
    JOIN LATERAL (
        SELECT v.module FROM function_versions v WHERE v.kind = 'policy' AND v.name = c.relname
        ORDER BY v.id DESC LIMIT 1
    ) m ON true
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
    ORDER BY c.relname
"""


def _tables(connection: Connection[Any]) -> list[Table]:
    return [
        Table(
            name,
            module,
            about,
            tuple(TableColumn(*column) for column in columns),
            tuple(Item(*constraint) for constraint in constraints),
            tuple(ForeignKey(tuple(names), *key) for names, *key in foreign_keys),
        )
        for name, module, about, columns, constraints, foreign_keys in connection.execute(_TABLES)
    ]
