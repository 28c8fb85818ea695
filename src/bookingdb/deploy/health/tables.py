"""Constraints, triggers and statistics of our tables."""

from collections.abc import Iterator

from psycopg import errors

from bookingdb.deploy.health._patient import Finding, Patient, few

_BIG = 100
"""Pages of a table from which on the planner's guesses matter."""


def constraints(patient: Patient) -> Iterator[Finding]:
    """Constraints that were not validated, and indexes that are invalid."""
    rows = patient.rows(
        "SELECT n.conname, format('ALTER TABLE %%I.%%I VALIDATE CONSTRAINT %%I;', %s::text, c.relname, n.conname)"
        " FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid"
        " WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND NOT n.convalidated ORDER BY 1",
        *[patient.schema] * 2,
    )
    invalid = patient.rows(
        "SELECT c.relname, format('REINDEX INDEX CONCURRENTLY %%I.%%I;', %s::text, c.relname)"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND NOT i.indisvalid ORDER BY 1",
        *[patient.schema] * 2,
    )
    for name, statement in rows:
        yield Finding("constraints", "warning", f"{name} was not checked for older rows", f"Run: {statement}")
    for name, statement in invalid:
        yield Finding("constraints", "problem", f"index {name} is invalid", f"Run: {statement}")
    if not rows and not invalid:
        yield Finding("constraints", "fine", "all validated")


def triggers(patient: Patient) -> Iterator[Finding]:
    """Foreign keys that are not checked, and what others let happen on our tables."""
    disabled = patient.rows(
        "SELECT DISTINCT c.relname, format('ALTER TABLE %%I.%%I ENABLE TRIGGER ALL;', %s::text, c.relname)"
        " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND c.relname = ANY(%s)"
        " AND t.tgisinternal AND t.tgenabled <> 'O' ORDER BY 1",
        patient.schema,
        patient.schema,
        patient.relations(),
    )
    for table, statement in disabled:
        yield Finding(
            "triggers",
            "problem",
            f"foreign keys of {table} are not checked: their triggers are disabled",
            f"As a superuser run (rows written meanwhile stay unchecked): {statement}",
        )
    found = patient.rows(
        """
        SELECT 'trigger', t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND c.relname = ANY(%s) AND NOT t.tgisinternal
        UNION ALL
        SELECT 'rule', r.rulename, c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND c.relname = ANY(%s) AND c.relkind IN ('r', 'p')
        ORDER BY 1, 2, 3
        """,
        *[patient.schema, patient.relations()] * 2,
    )
    declared = patient.declared()
    foreign = [f"{type_} {name} on {table}" for type_, name, table in found if (type_, name, table) not in declared]
    if foreign:
        yield Finding(
            "triggers",
            "warning",
            f"not made by this version of bookingdb: {few(foreign)}",
            "Look whether they are meant: they act on every booking, and may change or swallow it.",
        )
    if not disabled and not foreign:
        yield Finding("triggers", "fine", "foreign keys are checked, and nobody else's are on the tables")


def statistics(patient: Patient) -> Iterator[Finding]:
    """What the planner knows of big tables."""
    try:
        with patient.conn.transaction():
            lacking = _lacking_statistics(patient)
    except errors.LockNotAvailable:  # the size of a table that somebody has locked is not to be had
        message = "not looked at: somebody held a lock for longer than the lock timeout"
        yield Finding("statistics", "warning", message, "Try a quiet moment or a longer --lock-timeout.")
        return
    for what in ("never gathered", "old"):
        if names := [name for name, found, _ in lacking if found == what]:
            tables = ", ".join(table for _, found, table in lacking if found == what)
            yield Finding("statistics", "warning", f"{what} for {', '.join(names)}", f"Run: ANALYZE {tables};")
    if patient.value("SHOW autovacuum") == "off" or patient.value("SHOW track_counts") == "off":
        yield Finding(
            "statistics", "warning", "autovacuum is off: they grow old", "Set autovacuum and track_counts to on."
        )
    elif not lacking:
        yield Finding("statistics", "fine", "there where they matter")


def _lacking_statistics(patient: Patient) -> list[tuple[str, str, str]]:
    """Return the big tables without fresh statistics: the name, what is wrong, and the name that SQL takes."""
    return patient.rows(
        """
        SELECT c.relname, state.found, format('%%I.%%I', %s::text, c.relname)
        FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid,
        LATERAL (SELECT CASE
            WHEN c.reltuples < 0 OR s.last_analyze IS NULL AND s.last_autoanalyze IS NULL
                 AND NOT EXISTS (SELECT FROM pg_stats t WHERE (t.schemaname, t.tablename) = (s.schemaname, s.relname))
            THEN 'never gathered'
            WHEN s.n_mod_since_analyze > s.n_live_tup / 2 THEN 'old'
        END) AS state (found)
        WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND c.relkind = 'r' AND state.found IS NOT NULL
        AND pg_relation_size(c.oid) > %s * current_setting('block_size')::bigint
        ORDER BY 1
        """,
        patient.schema,
        patient.schema,
        _BIG,
    )
