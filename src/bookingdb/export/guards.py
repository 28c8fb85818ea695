"""What a migration looks at before it changes anything; each refusal says everything that stands in the way.

What to do about it is part of the message: the Supabase CLI shows no hints.
"""

from bookingdb.deploy.files import ObjectFile
from bookingdb.deploy.roles import API_ROLES
from bookingdb.export.exposed import MARK
from bookingdb.export.quoting import array, identifier, literal
from bookingdb.export.release import Exposure, Release

_REPAIR = "If this very file has been applied, tell the CLI: supabase migration repair --status applied <its number>"


def guard(release: Release) -> str:
    """Return the block that refuses a database for which the release is not meant."""
    state = _not_installed(release) if release.first else _as_before(release)
    found = " UNION ALL\n".join([_taken(release), *(_taken_there(release, one) for one in release.exposures)])
    return f"""\
-- Nothing is changed where something stands in the way.
DO $bookingdb$
DECLARE
    v_schema oid := to_regnamespace({literal(identifier(release.schema))});
    v_found  text;
BEGIN
    IF current_setting('server_version_num')::integer < 150000 THEN
        RAISE EXCEPTION 'bookingdb needs PostgreSQL 15 or newer';
    END IF;
{state}\
    SELECT string_agg(DISTINCT t.name, ', ' ORDER BY t.name) INTO v_found FROM (
{found}
    ) AS t (name);
    IF v_found IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'duplicate_object',
            MESSAGE = format('Nothing was changed, these names are taken by others: %s.'
                             ' Rename or drop them, or export with another --schema or --expose', v_found);
    END IF;
    SELECT string_agg(DISTINCT coalesce(r.rolname, 'PUBLIC'), ', ') INTO v_found
    FROM pg_namespace n, aclexplode(n.nspacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE n.oid = v_schema AND a.privilege_type = 'CREATE'
      AND (a.grantee = 0 OR r.rolname = ANY ({array(API_ROLES)}));
    IF v_found IS NOT NULL THEN
        RAISE EXCEPTION USING
            MESSAGE = format('%2$s may create objects in schema %1$I and so put their own in the way of ours.'
                             ' Run first: REVOKE CREATE ON SCHEMA %1$I FROM %2$s;',
                             {literal(release.schema)}, v_found);
    END IF;
END
$bookingdb$;
"""


def _not_installed(release: Release) -> str:
    return f"""\
    IF EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = v_schema AND c.relname = 'applied_migrations') THEN
        RAISE EXCEPTION USING ERRCODE = 'duplicate_schema',
            MESSAGE = format('bookingdb is installed in schema %I already. %s',
                             {literal(release.schema)}, {literal(_REPAIR)});
    END IF;
"""


def _as_before(release: Release) -> str:
    """Return what refuses a database that is not as the earlier exports left it."""
    rows = ",\n        ".join(
        f"({literal(kind)}, {literal(module)}, {literal(name)}, {literal(checksum)})"
        for (kind, module, name), checksum in release.before.items()
    )
    versions = f"""\
    SELECT string_agg(b.kind || ' ' || b.name, ', ' ORDER BY b.kind, b.name) INTO v_found
    FROM (VALUES
        {rows}
    ) AS b (kind, module, name, checksum)
    LEFT JOIN LATERAL (
        SELECT nullif(v.file_checksum, CASE v.action WHEN 'dropped' THEN v.file_checksum END) AS checksum
        FROM function_versions v WHERE (v.kind, v.module, v.name) = (b.kind, b.module, b.name)
        ORDER BY v.version DESC LIMIT 1
    ) AS last ON true
    WHERE last.checksum IS DISTINCT FROM b.checksum;
"""
    return f"""\
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = v_schema AND c.relname = 'applied_migrations') THEN
        RAISE EXCEPTION USING
            MESSAGE = format('bookingdb is not installed in schema %I. Apply the earlier exported files first',
                             {literal(release.schema)});
    END IF;
{versions if release.before else ""}\
    IF v_found IS NOT NULL THEN
        RAISE EXCEPTION USING
            MESSAGE = format('Not as the earlier exported files left it: %s. %s',
                             v_found, {literal(_REPAIR)});
    END IF;
"""


def _taken(release: Release) -> str:
    """Return the query for names in our own schema that are not ours."""
    relations = sorted({name for migration in release.migrations for name in migration.relations})
    types = sorted({*relations, *(one.name for one in release.new_objects if one.type == "type")})
    functions = sorted({one.name for one in release.new_objects if one.type == "function"})
    return _names("c.relnamespace = v_schema", "t.typnamespace = v_schema", "p.pronamespace = v_schema").format(
        relations=array(relations), types=array(types), functions=array(functions)
    )


def _taken_there(release: Release, exposure: Exposure) -> str:
    """Return the query for names in the exposed schema that an earlier export did not make."""
    there = f"to_regnamespace({literal(identifier(exposure.schema))})".replace("{", "{{").replace("}", "}}")
    views = sorted(one.name for one in exposure.written if one.kind == "view")
    functions = sorted(one.name for one in exposure.written if one.kind == "function")
    not_our_view = f"""c.relnamespace = {there} AND NOT EXISTS (
            SELECT FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
            JOIN pg_class real ON d.refclassid = 'pg_class'::regclass AND real.oid = d.refobjid
            WHERE w.ev_class = c.oid AND real.relnamespace = v_schema AND real.relname = c.relname)"""
    not_our_function = f"p.pronamespace = {there} AND strpos(p.prosrc, {literal(MARK)}) = 0"
    type_alone = f"t.typnamespace = {there} AND t.typrelid = 0"
    return _names(not_our_view, type_alone, not_our_function).format(
        relations=array(views), types=array(views), functions=array(functions)
    )


def _names(relation: str, type_: str, function: str) -> str:
    return f"""\
        SELECT format('%s %I.%I', CASE c.relkind WHEN 'v' THEN 'view' ELSE 'relation' END,
                      c.relnamespace::regnamespace, c.relname)
        FROM pg_class c WHERE {relation} AND c.relname = ANY ({{relations}}) UNION ALL
        SELECT format('type %I.%I', t.typnamespace::regnamespace, t.typname)
        FROM pg_type t WHERE {type_} AND t.typname = ANY ({{types}}) UNION ALL
        SELECT format('function %I.%I', p.pronamespace::regnamespace, p.proname)
        FROM pg_proc p WHERE {function} AND p.proname = ANY ({{functions}})"""


def no_violations(file: ObjectFile) -> str:
    """Return the block that refuses when rows violate a constraint that is about to be added."""
    query = file.sections.get("violations", "").rstrip().removesuffix(";")
    if not query:
        return ""
    return f"""\
DO $bookingdb$
DECLARE
    v_rows bigint;
BEGIN
    SELECT count(*) INTO v_rows FROM (
{query}
    ) AS violations;
    IF v_rows > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation',
            MESSAGE = format('%s rows violate {file.name}; nothing was changed', v_rows),
            HINT = {literal(file.sections.get("repair", ""))};
    END IF;
END
$bookingdb$;
"""
