"""Little packages for the deployer, written file by file into a temporary folder."""

import shutil
from pathlib import Path
from textwrap import dedent

from bookingdb.deploy import Package

API_ROLES = "anon, authenticated, service_role"


class Tree:
    """A package whose core has the real core's tables and nothing else until a test writes it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("functions", "constraints", "policies"):
            (root / "sql" / folder).mkdir(parents=True)
        (root / "migrations").mkdir()
        for file in Package.installed().migrations.glob("0001.core-*"):
            shutil.copy(file, root / "migrations")

    def package(self, version: str = "1.0.0") -> Package:
        """Return the package as the deployer takes it."""
        return Package(self.root / "sql", self.root / "migrations", version)

    def write(self, kind: str, name: str, text: str, module: str = "core") -> Path:
        """Write ``sql/<kind>/<module>/<name>.sql``."""
        path = self.root / "sql" / kind / module / f"{name}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
        return path

    def migration(self, id_: str, text: str) -> Path:
        """Write a migration that notes itself down, as every migration does."""
        path = self.root / "migrations" / f"{id_}.sql"
        note = f"INSERT INTO applied_migrations (migration_id) VALUES ('{id_}');\n"
        path.write_text(f"-- depends: 0001.core-tables\n{dedent(text)}\n{note}")
        return path

    def things(self) -> None:
        """Add a table ``things (id, owner, amount)``."""
        self.migration("0002.core-things", "CREATE TABLE things (id int PRIMARY KEY, owner text, amount int);")

    def function(
        self,
        name: str,
        parameters: str = "",
        returns: str = "int",
        body: str = "BEGIN RETURN 1; END",
        before: str = "",
        after: str = "",
        module: str = "core",
    ) -> Path:
        """Write a PL/pgSQL function that ``authenticated`` may call."""
        text = f"""
            {before}
            CREATE OR REPLACE FUNCTION {name}({parameters}) RETURNS {returns}
            LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ {body} $$;
            REVOKE ALL ON FUNCTION {name} FROM PUBLIC, {API_ROLES};
            GRANT EXECUTE ON FUNCTION {name} TO authenticated;
            COMMENT ON FUNCTION {name} IS 'What {name} does.';
            {after}
        """
        return self.write("functions", name, text, module)

    def atomic(self, name: str, expression: str) -> Path:
        """Write an SQL function whose body PostgreSQL binds to what it uses."""
        text = f"""
            CREATE OR REPLACE FUNCTION {name}() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT {expression}; END;
            REVOKE ALL ON FUNCTION {name} FROM PUBLIC, {API_ROLES};
        """
        return self.write("functions", name, text)

    def policy(self, table: str, using: str = "true", grant: str = "SELECT") -> Path:
        """Write the policy and grant of a table."""
        text = f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            REVOKE ALL ON {table} FROM PUBLIC, {API_ROLES};
            GRANT {grant} ON {table} TO authenticated;
            DROP POLICY IF EXISTS {table}_own ON {table};
            CREATE POLICY {table}_own ON {table} FOR SELECT TO authenticated USING ({using});
        """
        return self.write("policies", table, text)

    def constraint(self, name: str, add: str, violations: str, validate: str | None = None) -> Path:
        """Write a constraint with its look at the rows."""
        end = f"\n-- validate:\n{validate}\n" if validate else ""
        look = f"-- Stops something.\n-- violations:\n{violations}\n-- repair:\n-- Ask the owner."
        text = f"{look}\n-- add:\n{add}\n{end}"
        return self.write("constraints", name, text)
