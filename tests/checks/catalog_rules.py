"""The rules of the contract's sections 1 and 2 that a query can check, each as a function: connection -> offenders.

The connection's search path begins with the schema the package is installed in; that schema is what is looked at.
"""

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
from pglast import ast, parser
from sql_rules.functions import RETURN_ROWS, WITHOUT_KEY
from sql_rules.policies import faults_of_expression
from sql_rules.source import is_a, walk

API_ROLES = ("anon", "authenticated", "service_role")

OURS: LiteralString = """
    WITH ours AS (
        SELECT p.*, p.oid AS id,
               starts_with(p.proname, '_') AS is_private, p.prorettype = 'trigger'::regtype AS is_trigger,
               p.prorettype = 'json'::regtype OR p.proname = ANY (%(return_rows)s) AS is_command,
               coalesce(p.proargnames, '{}') AS names, coalesce(p.proargmodes, '{}') AS modes,
               coalesce(p.proconfig, '{}') AS settings
        FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace
    ), callable AS (
        SELECT * FROM ours WHERE NOT is_private AND NOT is_trigger
    ), relations AS (
        SELECT c.*, c.oid AS id FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
    ), tables AS (
        SELECT * FROM relations WHERE relkind IN ('r', 'p')
    ), our_tables AS (
        SELECT * FROM tables WHERE relname !~ '^_?yoyo_'  -- yoyo decides the columns of its own
    ), granted AS (
        SELECT relname AS name, relkind, acl.grantee, acl.privilege_type
        FROM relations, aclexplode(relacl) acl WHERE acl.grantee <> relowner
        UNION ALL
        SELECT relname || '.' || attname, relkind, acl.grantee, acl.privilege_type
        FROM relations JOIN pg_attribute a ON a.attrelid = id, aclexplode(a.attacl) acl WHERE acl.grantee <> relowner
    ), foreign_keys AS (
        SELECT f.*, f.conrelid::regclass || '.' || f.conname AS name
        FROM pg_constraint f WHERE f.contype = 'f' AND f.connamespace = current_schema()::regnamespace
    )
"""
"""What is in the schema; every rule's query begins with it."""

RULES: dict[str, LiteralString] = {
    "function names are unique": """
        SELECT proname FROM ours GROUP BY proname HAVING count(*) > 1""",
    "there are functions only, no procedures or aggregates": """
        SELECT proname FROM ours WHERE prokind <> 'f'""",
    "functions are PL/pgSQL or SQL": """
        SELECT proname FROM ours JOIN pg_language l ON l.oid = prolang WHERE l.lanname NOT IN ('plpgsql', 'sql')""",
    "no parameter is VARIADIC, OUT or INOUT": """
        SELECT proname FROM ours WHERE provariadic <> 0 OR modes && '{o,b,v}'::"char"[]""",
    "parameters are named p_...": """
        SELECT proname || ': ' || coalesce(names[n], '(unnamed)')
        FROM ours, generate_series(1, pronargs) n WHERE NOT coalesce(names[n] ~ '^p_[a-z0-9_]+$', false)""",
    "commands are VOLATILE": """
        SELECT proname FROM callable WHERE is_command AND provolatile <> 'v'""",
    "commands are SECURITY DEFINER": """
        SELECT proname FROM callable WHERE is_command AND NOT prosecdef""",
    "commands run with TimeZone UTC": """
        SELECT proname FROM callable WHERE is_command AND NOT settings && '{TimeZone=UTC,timezone=UTC}'::text[]""",
    "commands end with p_idempotency_key text DEFAULT NULL": """
        SELECT proname FROM callable
        WHERE is_command AND proname <> ALL (%(without_key)s)
          AND (names[pronargs] IS DISTINCT FROM 'p_idempotency_key' OR proargtypes[pronargs - 1] <> 'text'::regtype
               OR pg_get_function_arg_default(id, pronargs) IS DISTINCT FROM 'NULL::text')""",
    "commands have a type for their result, beginning with success": """
        SELECT proname FROM callable
        WHERE is_command AND proname <> ALL (%(return_rows)s)
          AND NOT EXISTS (
              SELECT FROM pg_attribute a
              WHERE a.attrelid = to_regclass(quote_ident(proname || '_result'))
                AND (a.attnum, a.attname, a.atttypid) = (1, 'success', 'boolean'::regtype))""",
    "queries are STABLE": """
        SELECT proname FROM callable WHERE NOT is_command AND provolatile <> 's'""",
    "every function pins its search path, pg_temp last": """
        SELECT proname FROM ours
        WHERE NOT EXISTS (
            SELECT FROM unnest(settings) setting
            WHERE setting IN (format('search_path=%%I, pg_temp', current_schema()),
                              format('search_path="%%s", pg_temp', replace(current_schema(), '"', '""'))))""",
    "trigger functions are SECURITY DEFINER": """
        SELECT proname FROM ours WHERE is_trigger AND NOT prosecdef""",
    "public functions have a comment": """
        SELECT proname FROM ours WHERE NOT is_private AND coalesce(obj_description(id, 'pg_proc'), '') = ''""",
    "EXECUTE is not granted to PUBLIC": """
        SELECT proname FROM ours, aclexplode(coalesce(proacl, acldefault('f', proowner))) acl WHERE acl.grantee = 0""",
    "tables have row-level security, enabled and not forced": """
        SELECT relname FROM tables WHERE NOT relrowsecurity OR relforcerowsecurity""",
    "PUBLIC, anon and strangers have no privilege on tables and sequences": """
        SELECT name || ': ' || privilege_type FROM granted
        WHERE grantee = 0 OR grantee::regrole::text NOT IN ('authenticated', 'service_role')""",
    "authenticated may only SELECT": """
        SELECT name || ': ' || privilege_type FROM granted
        WHERE grantee = to_regrole('authenticated') AND (privilege_type <> 'SELECT' OR relkind = 'S')""",
    "service_role may not TRUNCATE, make triggers or use sequences": """
        SELECT name || ': ' || privilege_type FROM granted
        WHERE grantee = to_regrole('service_role')
          AND (privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') OR relkind = 'S')""",
    "API roles may use the schema and make nothing in it": """
        SELECT role FROM unnest(%(api_roles)s::text[]) AS role
        WHERE has_schema_privilege(role, current_schema(), 'CREATE')
           OR role <> 'anon' AND NOT has_schema_privilege(role, current_schema(), 'USAGE')""",
    "foreign keys say ON DELETE": """
        SELECT name FROM foreign_keys WHERE confdeltype = 'a'""",
    "foreign keys stay in the schema": """
        SELECT f.name FROM foreign_keys f JOIN pg_class c ON c.oid = f.confrelid
        WHERE c.relnamespace <> current_schema()::regnamespace""",
    "foreign keys have an index that finds their rows": """
        SELECT f.name FROM foreign_keys f
        WHERE NOT EXISTS (
            SELECT FROM pg_index i
            WHERE i.indrelid = f.conrelid
              AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$')
              AND ((i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey
                   -- Of a composite key the column whose target is unique by itself is enough: it leads the index.
                   OR EXISTS (
                       SELECT FROM unnest(f.conkey, f.confkey) AS pair (referring, referred)
                       JOIN pg_index u ON u.indrelid = f.confrelid AND u.indisunique AND u.indpred IS NULL
                       WHERE i.indkey[0] = pair.referring AND u.indnatts = 1 AND u.indkey[0] = pair.referred)))""",
    "constraints and indexes are valid": """
        SELECT conname FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND NOT convalidated
        UNION ALL
        SELECT indexrelid::regclass::text FROM pg_index JOIN relations ON id = indexrelid WHERE NOT indisvalid""",
    "tables have a primary key": """
        SELECT relname FROM tables
        WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = id AND c.contype = 'p')""",
    "no column is serial": """
        SELECT relname || '.' || attname
        FROM our_tables
        JOIN pg_attrdef d ON d.adrelid = id
        JOIN pg_attribute a ON (a.attrelid, a.attnum) = (id, d.adnum)
        WHERE pg_get_expr(d.adbin, id) ~ 'nextval'""",
    "instants are timestamptz": """
        SELECT relname || '.' || attname FROM our_tables JOIN pg_attribute a ON a.attrelid = id
        WHERE a.atttypid = 'timestamp'::regtype""",
    "nothing in the schema belongs to an extension": """
        SELECT extname FROM pg_extension WHERE extnamespace = current_schema()::regnamespace
        UNION ALL
        SELECT proname FROM ours JOIN pg_depend d ON (d.classid, d.objid) = ('pg_proc'::regclass, id)
        WHERE d.deptype = 'e'""",
    "policies name the roles they are for": """
        SELECT policyname FROM pg_policies WHERE schemaname = current_schema() AND 'public' = ANY (roles)""",
    "a table has one permissive policy for a role and an action": """
        SELECT tablename || ': ' || role || ' ' || action
        FROM pg_policies,
             unnest(roles) AS role,
             unnest(CASE cmd WHEN 'ALL' THEN '{SELECT,INSERT,UPDATE,DELETE}' ELSE ARRAY[cmd] END) AS action
        WHERE schemaname = current_schema() AND permissive = 'PERMISSIVE'
        GROUP BY tablename, role, action HAVING count(*) > 1""",
}
"""Rule -> query of the offenders."""


def offenders(connection: psycopg.Connection[Any], rule: str) -> list[str]:
    """Return what breaks a rule of ``RULES``."""
    parameters = {"return_rows": [*RETURN_ROWS], "without_key": [*WITHOUT_KEY], "api_roles": [*API_ROLES]}
    return sorted(str(row[0]) for row in connection.execute(OURS + RULES[rule], parameters))


def wrongly_granted_functions(connection: psycopg.Connection[Any], expected: dict[str, set[str]]) -> list[str]:
    """Return the functions that others than ``expected`` (function -> roles) may execute; nobody where not named."""
    rows = connection.execute("""
        SELECT p.proname, array_agg(acl.grantee::regrole::text) FILTER (WHERE acl.grantee <> p.proowner)
        FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
        WHERE p.pronamespace = current_schema()::regnamespace
        GROUP BY p.oid, p.proname
    """).fetchall()
    actual = {name: set(roles or ()) for name, roles in rows}
    return [
        f"{name}: {', '.join(sorted(actual.get(name, set()))) or 'nobody'}"
        for name in sorted(actual.keys() | expected.keys())
        if actual.get(name) != expected.get(name, set())
    ]


def wrongly_written_tables(connection: psycopg.Connection[Any], expected: dict[tuple[str, str], set[str]]) -> list[str]:
    """Return the columns service_role may write against ``expected``: (table, privilege) -> columns it may not.

    What ``expected`` does not name may not be written at all. The columns of a DELETE are the whole table's.
    """
    rows = connection.execute(
        """
        SELECT c.relname, a.attname, privilege, CASE privilege
            WHEN 'DELETE' THEN has_table_privilege('service_role', c.oid, 'DELETE')
            ELSE has_column_privilege('service_role', c.oid, a.attnum, privilege) END
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped,
        unnest('{INSERT,UPDATE,DELETE}'::text[]) AS privilege
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
        ORDER BY 1, 3, 2
        """
    )
    return [
        f"service_role {'may' if may else 'may not'} {privilege} {table}.{column}"
        for table, column, privilege, may in rows
        if may != (column not in expected[table, privilege] if (table, privilege) in expected else False)
    ]


def faulty_policies(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the policies that read a table, ask once per row, or compare a column without an index."""
    rows = connection.execute(
        "SELECT tablename, policyname, concat_ws(' AND ', qual, with_check) FROM pg_policies"
        " WHERE schemaname = current_schema() ORDER BY 1, 2"
    ).fetchall()
    found = []
    for table, policy, text in rows:
        expression = parser.parse_sql(f"SELECT {text}")[0].stmt
        faults = [*faults_of_expression(expression), *_columns_without_index(connection, table, expression)]
        found += [f"{table}.{policy} {fault}" for fault in faults]
    return found


def _columns_without_index(connection: psycopg.Connection[Any], table: str, expression: object) -> Iterator[str]:
    leading = {
        row[0]
        for row in connection.execute(
            "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON (a.attrelid, a.attnum) = (i.indrelid, i.indkey[0])"
            " WHERE i.indrelid = %s::regclass",
            [table],
        )
    }
    for node in walk(expression):
        if is_a(node, ast.ColumnRef) and node.fields[-1].sval not in leading:
            yield f"compares {node.fields[-1].sval}, which leads no index"
