"""Dropping what is in the way or not declared any more: never with CASCADE, never anything that is not ours."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from bookingdb.deploy.files import DatabaseObject

# The wanted objects and everything that hangs on them. PostgreSQL keeps the dependents of a composite type at the
# type's pg_class row, which therefore counts as the type itself; array types come and go with their element's type.
_DOOMED = """
    WITH RECURSIVE wanted AS (
        SELECT w.*, n.oid AS schema
        FROM unnest(%(types)s::text[], %(names)s::text[], %(tables)s::text[]) AS w (type, name, table_name)
        CROSS JOIN pg_namespace n
        WHERE n.nspname = %(schema)s
    ), doomed (classid, objid, depth) AS (
        (
            SELECT 'pg_proc'::regclass::oid, p.oid, 0
            FROM wanted w JOIN pg_proc p ON p.pronamespace = w.schema AND p.proname = w.name AND w.type = 'function'
            UNION ALL
            SELECT 'pg_type'::regclass::oid, t.oid, 0
            FROM wanted w JOIN pg_type t ON t.typnamespace = w.schema AND t.typname = w.name AND w.type = 'type'
            UNION ALL
            SELECT 'pg_trigger'::regclass::oid, t.oid, 0
            FROM wanted w
            JOIN pg_class c ON c.relnamespace = w.schema AND c.relname = w.table_name AND w.type = 'trigger'
            JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = w.name
            UNION ALL
            SELECT 'pg_policy'::regclass::oid, p.oid, 0
            FROM wanted w
            JOIN pg_class c ON c.relnamespace = w.schema AND c.relname = w.table_name AND w.type = 'policy'
            JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = w.name
        )
        UNION
        SELECT x.classid, x.objid, doomed.depth + 1
        FROM doomed
        JOIN pg_depend d ON (d.refclassid, d.refobjid) = (doomed.classid, doomed.objid) AND d.deptype IN ('n', 'a', 'i')
        LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind = 'c',
        LATERAL (SELECT CASE WHEN c.oid IS NULL THEN d.classid ELSE 'pg_type'::regclass END,
                        coalesce(c.reltype, d.objid)) AS x (classid, objid)
        WHERE (x.classid, x.objid) <> (doomed.classid, doomed.objid)
    )
    SELECT CASE WHEN f.oid IS NOT NULL THEN 'function'
                WHEN t.oid IS NOT NULL THEN 'type'
                WHEN g.oid IS NOT NULL THEN 'trigger'
                WHEN p.oid IS NOT NULL THEN 'policy' END,
           coalesce(f.proname, t.typname, g.tgname, p.polname),
           (SELECT relname FROM pg_class WHERE oid = coalesce(g.tgrelid, p.polrelid)),
           'DROP ' || i.type || ' ' || i.identity
    FROM (SELECT classid, objid, max(depth) AS depth FROM doomed GROUP BY classid, objid) AS d
    CROSS JOIN pg_identify_object(d.classid, d.objid, 0) AS i
    LEFT JOIN pg_proc f ON d.classid = 'pg_proc'::regclass AND f.oid = d.objid
    LEFT JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
    LEFT JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid
    LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
    WHERE t.typcategory IS DISTINCT FROM 'A'
    ORDER BY d.depth DESC, i.identity
"""


@dataclass(frozen=True)
class Doomed:
    """Something that has to go when the wanted objects are dropped."""

    object: DatabaseObject
    statement: str


def find(conn: Connection[Any], schema: str, objects: Iterable[DatabaseObject]) -> list[Doomed]:
    """Return those of ``objects`` that exist and what could be ours and depends on them, in the order of dropping."""
    wanted = list(objects)
    rows = conn.execute(
        _DOOMED,
        {
            "schema": schema,
            "types": [object_.type for object_ in wanted],
            "names": [object_.name for object_ in wanted],
            "tables": [object_.table for object_ in wanted],
        },
    )
    return [
        Doomed(DatabaseObject(type_, name, table), statement)
        for type_, name, table, statement in rows
        if type_ is not None
    ]


def drop(conn: Connection[Any], doomed: Iterable[Doomed], ours: Collection[DatabaseObject]) -> None:
    """Drop those of ``doomed`` that are ours; PostgreSQL refuses when anything else depends on them."""
    for victim in doomed:
        if victim.object in ours:
            conn.execute(victim.statement.encode())


def drop_from_table(conn: Connection[Any], gone: DatabaseObject) -> None:
    """Drop a constraint or an index."""
    name = sql.Identifier(gone.name)
    if gone.type == "constraint" and gone.table is not None:
        conn.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(gone.table), name))
    if gone.type == "index":
        conn.execute(sql.SQL("DROP INDEX {}").format(name))


def clear(conn: Connection[Any], schema: str, objects: Iterable[DatabaseObject], sequences: Iterable[str] = ()) -> None:
    """Take away what hangs on objects and would survive running their file: grants, comments, policies."""
    wanted = list(objects)
    names = {
        "functions": [object_.name for object_ in wanted if object_.type == "function"],
        "tables": [object_.name for object_ in wanted if object_.type == "table"],
        "sequences": list(sequences),
    }
    for (statement,) in conn.execute(_CLEAR, {"schema": schema, **names}).fetchall():
        conn.execute(statement.encode())


_CLEAR = """
    WITH functions AS (
        SELECT p.oid, p.oid::regprocedure AS name, p.proacl, p.proowner
        FROM pg_proc p
        WHERE p.pronamespace = to_regnamespace(quote_ident(%(schema)s)) AND p.proname = ANY(%(functions)s)
    ), relations AS (
        SELECT c.oid, c.oid::regclass AS name, c.relacl, c.relowner, c.relforcerowsecurity,
               CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
        FROM pg_class c
        WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s)) AND (
            c.relkind IN ('r', 'p') AND c.relname = ANY(%(tables)s)
            OR c.relkind = 'S' AND c.relname = ANY(%(sequences)s))
    )
    SELECT format('REVOKE ALL ON FUNCTION %%s FROM %%s CASCADE', f.name, a.grantee::regrole)
    FROM functions f, aclexplode(f.proacl) a
    WHERE a.grantee NOT IN (0, f.proowner)
    UNION
    SELECT format('COMMENT ON FUNCTION %%s IS NULL', f.name)
    FROM functions f
    WHERE obj_description(f.oid, 'pg_proc') IS NOT NULL
    UNION
    SELECT format('REVOKE ALL ON %%s %%s FROM %%s CASCADE', r.kind, r.name,
                  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
    FROM relations r, LATERAL (
        SELECT x.grantee FROM aclexplode(r.relacl) x
        UNION
        SELECT x.grantee FROM pg_attribute t, aclexplode(t.attacl) x WHERE t.attrelid = r.oid AND NOT t.attisdropped
    ) AS a
    WHERE a.grantee <> r.relowner
    UNION
    SELECT format('DROP POLICY %%I ON %%s', p.polname, r.name)
    FROM relations r JOIN pg_policy p ON p.polrelid = r.oid
    UNION
    SELECT format('ALTER TABLE %%s NO FORCE ROW LEVEL SECURITY', r.name)
    FROM relations r
    WHERE r.relforcerowsecurity
"""
