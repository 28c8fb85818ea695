"""Who deploys, and the API roles: on a server that has none of them yet."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from bookingdb.deploy import DeployError, Finding, doctor, migrate, status
from bookingdb.deploy.roles import API_ROLES
from bookingdb.server import Server, launch


@pytest.fixture(scope="module")
def bare_server() -> Iterator[Server]:
    """A server that no deployer has seen."""
    with launch() as server:
        yield server


FOR_THE_OWNER = """
CREATE SCHEMA bookingdb AUTHORIZATION owner;
CREATE SCHEMA extensions;
CREATE EXTENSION btree_gist SCHEMA extensions;
"""


class Club:
    """A database on it, and people who may do more or less there."""

    def __init__(self, server: Server, admin: psycopg.Connection) -> None:
        self.server = server
        self.admin = admin

    def dsn(self, user: str, **parameters: str) -> str:
        return self.server.conninfo("club", user=user, **parameters)

    def login(self, name: str, options: str = "") -> str:
        """Make a user and return how they connect."""
        self.admin.execute(f"CREATE ROLE {name} LOGIN {options}")
        return self.dsn(name)

    def run(self, script: str) -> None:
        """Do what a refusal told the superuser to do."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as conn:
            conn.execute(script.encode())

    def api_roles(self) -> list[str]:
        found = self.admin.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(API_ROLES)])
        return sorted(name for (name,) in found)


@pytest.fixture
def club(bare_server: Server) -> Iterator[Club]:
    """A database ``club``; afterwards it and all roles made meanwhile are gone."""
    with psycopg.connect(bare_server.conninfo(), autocommit=True) as admin:
        admin.execute("CREATE DATABASE club")
        yield Club(bare_server, admin)
        admin.execute("DROP DATABASE club (FORCE)")
        for (role,) in admin.execute("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_|^postgres$'").fetchall():
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def script_of(message: str) -> str:
    """The SQL that a refusal prints: its indented lines."""
    return "\n".join(line for line in message.splitlines() if line.startswith("  "))


def test_the_owner_makes_the_roles_and_may_act_as_them(club, bookingdb) -> None:
    dsn = club.login("owner", "CREATEROLE")
    club.admin.execute("ALTER DATABASE club OWNER TO owner")

    result = migrate(dsn)

    assert result.roles == list(API_ROLES)
    logins = club.admin.execute("SELECT bool_or(rolcanlogin) FROM pg_roles WHERE rolname = ANY(%s)", [list(API_ROLES)])
    assert logins.fetchall() == [(False,)]
    with psycopg.connect(dsn) as conn:
        for role in API_ROLES:
            conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    assert not migrate(dsn).changed
    assert status(dsn).up_to_date


def test_names_that_need_quotes(club) -> None:
    club.run('CREATE ROLE "The Owner" LOGIN CREATEROLE; ALTER DATABASE club OWNER TO "The Owner"')
    dsn = club.dsn("The Owner")

    migrate(dsn, schema="The Club")

    assert status(dsn, schema="The Club").up_to_date
    assert not migrate(dsn, schema="The Club").changed


def test_without_createrole_it_says_what_to_run(club, bookingdb) -> None:
    dsn = club.login("owner")
    club.admin.execute("ALTER DATABASE club OWNER TO owner")

    for dry in ([], ["--dry-run"]):
        refused = bookingdb("migrate", "--dsn", dsn, *dry)
        assert refused.exit_code == 2
        assert 'Roles are missing that "owner" may not make or grant' in refused.stderr
    assert club.api_roles() == []
    assert not status(dsn).installed

    club.run(script_of(refused.stderr))
    assert bookingdb("migrate", "--dsn", dsn).exit_code == 0
    assert status(dsn).up_to_date


def test_roles_that_exist_and_may_not_be_granted(club, bookingdb) -> None:
    dsn = club.login("owner")
    club.admin.execute("ALTER DATABASE club OWNER TO owner")
    for role in API_ROLES:
        club.admin.execute(f"CREATE ROLE {role}")

    for dry in ([], ["--dry-run"]):
        refused = bookingdb("migrate", "--dsn", dsn, *dry)
        assert refused.exit_code == 2
        assert 'Roles are not granted to "owner" that "owner" may not grant: anon, authenticated' in refused.stderr
        assert script_of(refused.stderr).split("\n") == [f'  GRANT "{role}" TO "owner";' for role in API_ROLES]
    assert not status(dsn).installed
    club.run(script_of(refused.stderr))
    assert bookingdb("migrate", "--dsn", dsn).exit_code == 0


def test_whoever_administers_the_roles_grants_them(club) -> None:
    club.login("owner")
    guest = club.login("guest")
    for role in API_ROLES:
        club.admin.execute(f"CREATE ROLE {role}")
    club.run("GRANT anon, authenticated, service_role TO guest WITH ADMIN OPTION; GRANT owner TO guest")
    club.run(FOR_THE_OWNER)

    assert migrate(guest, dry_run=True).changed
    migrate(guest)

    assert not migrate(club.dsn("owner")).changed


def test_only_the_missing_role_is_made(club) -> None:
    club.run("CREATE ROLE anon; CREATE ROLE service_role")

    result = migrate(club.dsn("postgres"))

    assert result.roles == ["authenticated"]
    assert club.api_roles() == sorted(API_ROLES)


def test_no_privilege_to_make_a_schema(club, bookingdb) -> None:
    dsn = club.login("guest", "CREATEROLE")

    for dry in ([], ["--dry-run"]):
        refused = bookingdb("migrate", "--dsn", dsn, *dry)
        assert refused.exit_code == 2
        assert '"guest" may not make a schema in database "club"' in refused.stderr
    assert club.api_roles() == []

    club.run(script_of(refused.stderr))
    assert bookingdb("migrate", "--dsn", dsn).exit_code == 0


def test_a_schema_and_the_extension_made_for_the_owner_are_enough(club) -> None:
    dsn = club.login("owner", "CREATEROLE")
    club.run(FOR_THE_OWNER)

    migrate(dsn)

    assert status(dsn).up_to_date


def test_no_privilege_to_make_the_extension(club, bookingdb) -> None:
    dsn = club.login("owner", "CREATEROLE")
    club.run("CREATE SCHEMA bookingdb AUTHORIZATION owner")

    for dry in ([], ["--dry-run"]):
        refused = bookingdb("migrate", "--dsn", dsn, *dry)
        assert refused.exit_code == 2
        assert 'The extension btree_gist is missing, and "owner" may not make it.' in refused.stderr
    assert club.api_roles() == []
    assert not status(dsn).installed
    assert bookingdb("migrate", "--modules", "gusmester", "--dsn", dsn).exit_code == 0

    club.run(script_of(refused.stderr))
    assert bookingdb("migrate", "--dsn", dsn).exit_code == 0
    assert status(dsn).up_to_date


def test_an_extension_that_only_superusers_may_make_or_that_is_not_there(club, tree) -> None:
    dsn = club.login("owner", "CREATEROLE")
    club.run("ALTER DATABASE club OWNER TO owner")
    block = "DO $$ BEGIN\n  CREATE EXTENSION {};\nEND $$;"
    made = tree.migration("0002.core-extension", block.format("file_fdw"))
    with pytest.raises(DeployError, match="The extension file_fdw is missing"):
        migrate(dsn, package=tree.package())

    made.unlink()
    tree.migration("0002.core-extension", block.format("no_such_extension"))
    with pytest.raises(DeployError, match="does not have the extension no_such_extension"):
        migrate(club.dsn("postgres"), package=tree.package())
    assert club.api_roles() == []


def test_the_sql_of_the_guide_is_all_an_owner_without_privileges_needs(club) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "deploying.md").read_text("utf-8")
    (block,) = [text for text in re.findall(r"^```sql\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE) if "anon" in text]
    dsn = club.login("owner")

    club.run(block)

    assert migrate(dsn).roles == []
    assert status(dsn).up_to_date


def test_a_schema_of_somebody_else(club, bookingdb) -> None:
    dsn = club.login("guest", "CREATEROLE")
    club.run("CREATE SCHEMA bookingdb")

    refused = bookingdb("migrate", "--dsn", dsn)
    assert refused.exit_code == 2
    assert '"guest" may not create in schema "bookingdb"' in refused.stderr
    assert club.api_roles() == []
    club.run(script_of(refused.stderr))

    refused = bookingdb("migrate", "--dsn", dsn)
    assert refused.exit_code == 2
    assert 'The extension btree_gist is missing, and "guest" may not make it.' in refused.stderr
    club.run(script_of(refused.stderr))

    refused = bookingdb("migrate", "--dsn", dsn)
    assert refused.exit_code == 2
    assert "may not let anon, authenticated, service_role use" in refused.stderr
    club.run(script_of(refused.stderr))

    assert bookingdb("migrate", "--dsn", dsn).exit_code == 0
    assert status(dsn).up_to_date


def test_what_another_role_installed(club, bookingdb) -> None:
    owner, guest = club.login("owner", "CREATEROLE"), club.login("guest", "CREATEROLE")
    club.run("ALTER DATABASE club OWNER TO owner")
    migrate(owner)

    refused = bookingdb("migrate", "--dsn", guest)

    assert refused.exit_code == 2
    assert 'belongs to role "owner"' in refused.stderr
    club.run("GRANT owner TO guest; DROP POLICY profiles_own ON bookingdb.profiles")
    assert bookingdb("migrate", "--dsn", guest).exit_code == 0
    assert status(owner).up_to_date
    with psycopg.connect(owner) as conn:
        owners = conn.execute("SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname ~ 'yoyo|profiles'")
        assert owners.fetchall() == [("owner",)]


def test_a_superuser_installs_for_the_owner_of_the_schema(club) -> None:
    club.login("owner")
    club.run(FOR_THE_OWNER)

    migrate(club.dsn("postgres"))

    assert status(club.dsn("owner")).up_to_date
    assert not migrate(club.dsn("owner")).changed


def test_a_schema_in_which_anybody_may_create(club, bookingdb) -> None:
    dsn = club.login("owner", "CREATEROLE")
    club.run("ALTER DATABASE club OWNER TO owner; GRANT CREATE ON SCHEMA public TO PUBLIC")

    refused = bookingdb("migrate", "--schema", "public", "--dsn", dsn)

    assert refused.exit_code == 2
    assert 'PUBLIC may create objects in schema "public"' in refused.stderr
    assert club.api_roles() == []
    club.run(script_of(refused.stderr))
    assert bookingdb("migrate", "--schema", "public", "--dsn", dsn).exit_code == 0


def test_a_wrong_password(club, bookingdb) -> None:
    dsn = club.login("owner", "PASSWORD 'right' CREATEROLE")
    club.run("ALTER DATABASE club OWNER TO owner")
    rules = club.server.directory / "pg_hba.conf"
    trusting = rules.read_text()
    rules.write_text(f"local all owner scram-sha-256\n{trusting}")
    club.run("SELECT pg_reload_conf()")
    try:
        with psycopg.connect(f"{dsn} password=right", connect_timeout=5):
            pass
        refused = bookingdb("migrate", "--dsn", f"{dsn} password=wrong-secret")
        assert refused.exit_code == 2
        assert 'password authentication failed for user "owner"' in refused.stderr
        assert "wrong-secret" not in refused.stderr
        # the deployer's other connections, yoyo's among them, know the password, too
        assert bookingdb("migrate", "--dsn", f"{dsn} password=right").exit_code == 0
    finally:
        rules.write_text(trusting)
        club.run("SELECT pg_reload_conf()")


def test_the_doctor_has_the_sql_that_makes_missing_roles(club) -> None:
    dsn = club.login("owner")
    club.run("CREATE ROLE anon")

    def roles() -> Finding:
        (finding,) = [finding for finding in doctor(dsn) if finding.check == "roles"]
        return finding

    assert (roles().severity, "are not all there and granted" in roles().message) == ("problem", True)
    club.run(script_of(roles().advice))
    assert roles().severity == "fine"
