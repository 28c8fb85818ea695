"""Everything a schema holds, as text that does not depend on the schema's name: to compare two installations."""

import re

import psycopg

_QUERIES = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), ARRAY(SELECT unnest(a.attacl)::text ORDER BY 1)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
        WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s)
    """,
    "relations": """
        SELECT relname, relkind, ARRAY(SELECT unnest(relacl)::text ORDER BY 1), relowner::regrole,
               relrowsecurity, relforcerowsecurity, obj_description(oid, 'pg_class')
        FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s)
    """,
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %(schema)s",
    "constraints": """
        SELECT conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated
        FROM pg_constraint WHERE connamespace = (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s)
    """,
    "functions": """
        SELECT pg_get_functiondef(oid), ARRAY(SELECT unnest(proacl)::text ORDER BY 1), proowner::regrole,
               obj_description(oid, 'pg_proc')
        FROM pg_proc WHERE pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s)
    """,
    "triggers": """
        SELECT pg_get_triggerdef(t.oid), t.tgenabled
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s)
    """,
    "policies": """
        SELECT tablename, policyname, permissive, roles, cmd, qual, with_check
        FROM pg_policies WHERE schemaname = %(schema)s
    """,
    "schema": """
        SELECT ARRAY(SELECT unnest(nspacl)::text ORDER BY 1), nspowner::regrole
        FROM pg_namespace WHERE nspname = %(schema)s
    """,
}

_MIGRATIONS = "SELECT migration_id, checksum FROM applied_migrations"
_MARKS = "SELECT migration_id, migration_hash FROM _yoyo_migration"
_HISTORY = """
    SELECT kind, module, name, file_checksum, objects, package_version
    FROM (SELECT DISTINCT ON (kind, module, name) * FROM function_versions
          ORDER BY kind, module, name, version DESC) AS last
    WHERE action <> 'dropped'
"""
_LOCKS = "SELECT count(*) FROM yoyo_lock"


def contents(dsn: str, schema: str = "bookingdb") -> set[str]:
    """Return what there is in the schema, the deployer's records included; without times and version numbers."""
    with psycopg.connect(dsn) as conn:
        name = psycopg.sql.Identifier(schema)
        conn.execute(psycopg.sql.SQL("SET search_path TO {}, pg_temp").format(name))
        queries = _QUERIES | {"migrations": _MIGRATIONS, "marks": _MARKS, "history": _HISTORY, "locks": _LOCKS}
        found = {
            f"{what}: {row}"
            for what, query in queries.items()
            for row in conn.execute(query, {"schema": schema}).fetchall()
        }
    assert any(line.startswith("functions: ") for line in found), "nothing is installed"
    return {re.sub(rf"\b{schema}\b(?=[.'\\\\])", "SCHEMA", line) for line in found}


def next_transaction(dsn: str) -> int:
    """Return the number of the server's next transaction that writes: two equal ones, and nothing was written."""
    with psycopg.connect(dsn) as conn:
        return conn.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchall()[0][0]
