"""What is in the schema now: the definition of each object as PostgreSQL prints it.

These texts are compared with those recorded when an object was deployed, so they say everything a file decides and
nothing that depends on who looks (see ``connection.SETTINGS``). What an owner may do with its own objects is left
out: no file decides it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from bookingdb.deploy.files import DatabaseObject, ObjectFile, ObjectType

DEFINITIONS: dict[ObjectType, str] = {
    # All functions of one name count as one object: a second one beside ours is a change to ours.
    "function": """
        SELECT p.proname, NULL,
               string_agg(concat_ws(E'\\n', pg_get_functiondef(p.oid), 'comment ' || obj_description(p.oid, 'pg_proc')),
                          E'\\n' ORDER BY p.oid::regprocedure::text COLLATE "C")
        FROM pg_proc p
        WHERE p.pronamespace = to_regnamespace(quote_ident(%(schema)s)) AND p.prokind <> 'a'
        AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
        GROUP BY p.proname
    """,
    "type": """
        SELECT c.relname, NULL,
               string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)),
                          E'\\n' ORDER BY a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s)) AND c.relkind = 'c'
        AND a.attnum > 0 AND NOT a.attisdropped
        GROUP BY c.relname
    """,
    "trigger": """
        SELECT t.tgname, c.relname, concat_ws(E'\\n', pg_get_triggerdef(t.oid), 'enabled ' || t.tgenabled::text)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s)) AND NOT t.tgisinternal
    """,
    "table": """
        SELECT c.relname, NULL,
               concat_ws(E'\\n', 'row level security ' || c.relrowsecurity, 'forced ' || c.relforcerowsecurity,
                         (SELECT 'policies ' || string_agg(quote_ident(p.polname), ', ' ORDER BY p.polname)
                          FROM pg_policy p WHERE p.polrelid = c.oid))
        FROM pg_class c
        WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s)) AND c.relkind IN ('r', 'p')
    """,
    "policy": """
        SELECT p.policyname, p.tablename,
               concat_ws(E'\\n', p.permissive, 'for ' || p.cmd, 'to ' || p.roles::text,
                         'using ' || p.qual, 'with check ' || p.with_check)
        FROM pg_policies p
        WHERE p.schemaname = %(schema)s
    """,
    # Whether it is validated is told apart: a deployer killed before validating goes on with that.
    "constraint": """
        SELECT k.conname, c.relname, regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '')
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s))
    """,
    "index": """
        SELECT c.relname, NULL,
               concat_ws(E'\\n', pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN 'invalid' END)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s))
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
    """,
}

_GRANTS = """
    SELECT 'function', p.proname, 'execute', a.grantee, a.is_grantable
    FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    WHERE p.pronamespace = to_regnamespace(quote_ident(%(schema)s)) AND a.grantee <> p.proowner
    UNION ALL
    SELECT 'table', c.relname, lower(a.privilege_type), a.grantee, a.is_grantable
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s)) AND c.relkind IN ('r', 'p')
    AND a.grantee <> c.relowner
    UNION ALL
    SELECT 'sequence', c.relname, lower(a.privilege_type), a.grantee, a.is_grantable
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s)) AND c.relkind = 'S' AND a.grantee <> c.relowner
    UNION ALL
    SELECT 'table', c.relname, concat(lower(a.privilege_type), ' (', quote_ident(t.attname), ')'),
           a.grantee, a.is_grantable
    FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
    WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s)) AND c.relkind IN ('r', 'p')
    AND NOT t.attisdropped AND a.grantee <> c.relowner
"""

GRANT_LINES = f"""
    SELECT g.type, g.name,
           concat_ws(' ', 'grant', g.privilege, 'to',
                     CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,
                     CASE WHEN g.is_grantable THEN 'with grant option' END) AS line
    FROM ({_GRANTS}) AS g (type, name, privilege, grantee, is_grantable)
"""  # noqa: S608 - both parts are constants

_NAMES_TAKEN = """
    SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(%(schema)s))
    UNION
    SELECT typname FROM pg_type WHERE typnamespace = to_regnamespace(quote_ident(%(schema)s))
"""

_AGGREGATES = """
    SELECT proname FROM pg_proc WHERE pronamespace = to_regnamespace(quote_ident(%(schema)s)) AND prokind = 'a'
"""

_NOT_VALIDATED = """
    SELECT k.conname, c.relname
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s)) AND NOT k.convalidated
"""


@dataclass(frozen=True)
class Snapshot:
    """The definitions of all objects of a schema at one moment."""

    definitions: dict[DatabaseObject, str]
    """Without grants."""
    grants: Mapping[tuple[str, str], list[str]]
    """Those on functions, tables and sequences, by type and name."""
    not_validated: frozenset[DatabaseObject]
    names_taken: frozenset[str]
    """By tables, indexes, sequences, views and types."""
    aggregates: frozenset[str]
    """Which have a function's name and no definition to compare."""

    def definition(self, objects: Iterable[DatabaseObject], sequences: Iterable[str]) -> str | None:
        """Return the definition of these objects, and the grants on these sequences; None if an object is missing."""
        wanted = list(objects)
        if any(declared not in self.definitions for declared in wanted):
            return None
        texts = ["\n".join([str(one), self.definitions[one], *self.grants_on(one)]) for one in wanted]
        return "\n\n".join(texts + self.grants_on_sequences(sequences))

    def grants_on(self, declared: DatabaseObject) -> list[str]:
        """Return the grants on a function or a table."""
        return self.grants.get((declared.type, declared.name), [])

    def grants_on_sequences(self, names: Iterable[str]) -> list[str]:
        """Return the grants on sequences."""
        return [f"sequence {name}: {grant}" for name in names for grant in self.grants.get(("sequence", name), [])]

    def missing(self, file: ObjectFile) -> list[DatabaseObject]:
        """Return what ``file`` declares and the schema lacks."""
        return [declared for declared in file.objects if declared not in self.definitions]

    def unvalidated(self, file: ObjectFile) -> bool:
        """Tell whether ``file`` validates a constraint that is not validated yet."""
        return "validate" in file.sections and any(declared in self.not_validated for declared in file.objects)


def read(conn: Connection[Any], schema: str) -> Snapshot:
    """Return the definitions of everything in ``schema``; nothing if there is no such schema."""
    parameters = {"schema": schema}
    grants: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for type_, name, line in sorted(conn.execute(GRANT_LINES, parameters)):
        grants[type_, name].append(line)
    definitions = {
        DatabaseObject(type_, name, table): text
        for type_, query in DEFINITIONS.items()
        for name, table, text in conn.execute(query, parameters)
    }
    return Snapshot(
        definitions,
        grants,
        frozenset(DatabaseObject("constraint", *row) for row in conn.execute(_NOT_VALIDATED, parameters)),
        frozenset(name for (name,) in conn.execute(_NAMES_TAKEN, parameters)),
        frozenset(name for (name,) in conn.execute(_AGGREGATES, parameters)),
    )
