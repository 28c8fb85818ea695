"""Who owns the installation, who may use it, and who gets past its rules."""

from collections.abc import Iterator

from bookingdb.deploy import roles as api_roles
from bookingdb.deploy import schema as schemas
from bookingdb.deploy.errors import DeployError
from bookingdb.deploy.health._patient import Finding, Patient, few


def owner(patient: Patient) -> Iterator[Finding]:
    """Whether this user can deploy, and nobody else can put things in the way."""
    try:
        owner = api_roles.owner(patient.conn, patient.schema)
    except DeployError as refusal:
        # whoever only calls functions need not be able to deploy
        service = patient.rows(
            "SELECT FROM pg_roles WHERE rolname = 'service_role' AND pg_has_role(current_user, oid, 'MEMBER')"
        )
        yield Finding("owner", "warning" if service else "problem", refusal.message, refusal.hint)
        return
    try:
        schemas.check_privileges(patient.conn, patient.schema, owner)
    except DeployError as refusal:
        yield Finding("owner", "problem", refusal.message, refusal.hint)
        return
    me = api_roles.current_user(patient.conn)
    yield Finding("owner", "fine", f'"{owner}"' + ("" if me == owner else f', whom "{me}" may act as'))


def roles(patient: Patient) -> Iterator[Finding]:
    """The API roles, granted to the owner and let into the schema."""
    try:
        owner = api_roles.owner(patient.conn, patient.schema)
    except DeployError:
        return  # said above
    if script := api_roles.script(patient.conn, owner):
        yield Finding(
            "roles",
            "problem",
            f'anon, authenticated and service_role are not all there and granted to "{owner}"',
            f"Run bookingdb migrate as somebody with CREATEROLE, or have a superuser run:\n{script}",
        )
    else:
        yield Finding("roles", "fine", "anon, authenticated and service_role are there")
    locked_out = schemas.not_usable_by(patient.conn, patient.schema)
    if locked_out and schemas.exists(patient.conn, patient.schema):
        yield Finding(
            "roles",
            "problem",
            f"the schema cannot be used by {', '.join(locked_out)}",
            f"Run bookingdb migrate, or: GRANT USAGE ON SCHEMA {patient.quoted()} TO {', '.join(locked_out)};",
        )


def api_users(patient: Patient) -> Iterator[Finding]:
    """What would let a caller of the API past row-level security."""
    rows = patient.rows(
        """
        SELECT DISTINCT r.rolname, power.message, power.advice
        FROM pg_roles r, LATERAL (
            SELECT 'is a superuser', format('ALTER ROLE %%I NOSUPERUSER;', r.rolname) WHERE r.rolsuper
            UNION ALL
            SELECT 'has BYPASSRLS', format('ALTER ROLE %%I NOBYPASSRLS;', r.rolname) WHERE r.rolbypassrls
            UNION ALL
            SELECT format('has the rights of %%I', other.rolname),
                   format('REVOKE %%I FROM %%I; -- or from the role that passes it on', other.rolname, r.rolname)
            FROM pg_roles other
            WHERE other.rolname IN ('service_role', %s) AND NOT r.rolsuper AND pg_has_role(r.oid, other.oid, 'USAGE')
        ) AS power (message, advice)
        WHERE r.rolname IN ('anon', 'authenticated')
        ORDER BY 1, 2
        """,
        patient.installed_owner(),
    )
    for name, message, advice in rows:
        yield Finding("API users", "problem", f"{name} {message}: it gets past row-level security", f"Run: {advice}")
    if not rows:
        yield Finding("API users", "fine", "anon and authenticated are bound by row-level security")


def ownership(patient: Patient) -> Iterator[Finding]:
    """Tables and functions of ours that belong to somebody else."""
    owner = patient.installed_owner()
    rows = patient.rows(
        """
        SELECT kind || ' ' || name, format('ALTER %%s %%I.%%I OWNER TO %%I;', kind, %s::text, name, %s::text)
        FROM (
            SELECT 'TABLE', c.relname, c.relowner
            FROM pg_class c
            WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND c.relkind IN ('r', 'p') AND c.relname = ANY(%s)
            UNION ALL
            SELECT 'FUNCTION', p.proname, p.proowner
            FROM pg_proc p
            WHERE p.pronamespace = to_regnamespace(quote_ident(%s)) AND p.prokind = 'f' AND p.proname = ANY(%s)
        ) AS ours (kind, name, owner)
        WHERE pg_get_userbyid(owner) <> %s
        ORDER BY 1
        """,
        patient.schema,
        owner,
        patient.schema,
        patient.relations(),
        patient.schema,
        [declared.name for declared in patient.declared() if declared.type == "function"],
        owner,
    )
    if rows:
        names = few([thing for thing, _ in rows])
        statements = "\n".join(f"  {statement}" for _, statement in rows)
        yield Finding("ownership", "problem", f'not owned by "{owner}": {names}', f"As a superuser run:\n{statements}")
    elif owner:
        yield Finding("ownership", "fine", f'all belongs to "{owner}"')


def supabase(patient: Patient) -> Iterator[Finding]:
    """Whether PostgREST exposes the schema, where the database says so: a note, for not everybody wants that."""
    rows = patient.rows(
        "SELECT split_part(setting, '=', 2) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole,"
        " unnest(s.setconfig) AS setting WHERE r.rolname = 'authenticator' AND setting LIKE 'pgrst.db_schemas=%%'"
    )
    for (schemas_exposed,) in rows:
        exposed = patient.schema in [name.strip() for name in schemas_exposed.split(",")]
        if exposed:
            yield Finding("Supabase", "fine", "the schema is exposed to the API")
        else:
            advice = "If applications shall call supabase.rpc(…), add it to the exposed schemas of the API's settings."
            yield Finding("Supabase", "fine", "the schema is not exposed to the API", advice)
