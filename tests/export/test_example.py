"""The example project and the guide: their SQL runs in a project, their TypeScript compiles."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import psycopg
import pytest
from export.runners import apply
from export.test_typescript import PROJECT, compiler
from support.supabase import installed

from bookingdb.export import export_supabase, export_typescript

EXAMPLE = PROJECT / "examples" / "supabase"
GUIDE = PROJECT / "docs" / "supabase.md"

SURROUNDINGS = """
declare const url: string, publishableKey: string, email: string, password: string
declare const me: string, practitioner: string, session: string
declare const show: (session: unknown) => void
declare const server: import('@supabase/supabase-js').SupabaseClient<import('./bookingdb.types').Database>
declare const supabase: import('@supabase/supabase-js').SupabaseClient<import('./bookingdb.types').Database>
"""


def blocks(language: str) -> list[str]:
    """Return the code of the guide in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def exported(project: str, folder: Path) -> str:
    """A project with everything, exposed in public."""
    apply(project, export_supabase(folder, expose="public").file)
    return project


def test_master_data_of_the_example(exported: str, owner: psycopg.Connection) -> None:
    owner.execute("CREATE SCHEMA auth; CREATE TABLE auth.users (id uuid, email text)")
    seed = (EXAMPLE / "supabase" / "seed.sql").read_bytes()
    owner.execute(seed)
    owner.execute("INSERT INTO auth.users VALUES ('00000000-0000-4000-8000-000000000001', 'momo@club.example')")
    owner.execute(seed)

    members = owner.execute("SELECT name, is_admin, points, user_id IS NOT NULL FROM employees ORDER BY name")
    assert members.fetchall() == [
        ("Alice", False, 300, False),
        ("Merlin", True, 300, False),
        ("Momo", False, 300, True),
    ]


def test_the_example_does_not_expose_the_schema_itself() -> None:
    config = tomllib.loads((EXAMPLE / "supabase" / "config.toml").read_text("utf-8"))

    assert config["api"]["schemas"] == ["public", "graphql_public"]
    assert not config["functions"]["stripe-webhook"]["verify_jwt"]


def test_the_guide_shows_the_edge_function_as_it_is() -> None:
    shown = next(code for code in blocks("ts") if code.startswith("Deno.serve"))

    assert (EXAMPLE / "supabase" / "functions" / "stripe-webhook" / "index.ts").read_text("utf-8").endswith(shown)


def test_the_sql_of_the_guide(exported: str, owner: psycopg.Connection) -> None:
    owner.execute("CREATE PUBLICATION supabase_realtime")
    owner.execute("CREATE SCHEMA cron; CREATE FUNCTION cron.schedule(text, text, text) RETURNS int RETURN 1")
    person = "00000000-0000-4000-8000-000000000001"
    owner.execute("INSERT INTO profiles (user_id) VALUES (%s)", [person])

    for code in blocks("sql"):
        owner.execute(code.replace("…", person).encode())
    (job,) = re.findall(r"'(SELECT bookingdb\.\w+\(\))'", "".join(blocks("sql")))
    owner.execute(job.encode())

    published = owner.execute("SELECT tablename FROM pg_publication_tables ORDER BY 1").fetchall()
    assert published == [("client_sessions",), ("credits",)]
    assert owner.execute("SELECT session_cancel_notice::text FROM settings").fetchall() == [("48:00:00",)]


def compile_in(folder: Path) -> str:
    """Return what the compiler says of a project."""
    (folder / "node_modules").symlink_to(installed())
    done = subprocess.run([compiler(), "-p", "."], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


def test_the_example_compiles(tmp_path: Path) -> None:
    folder = tmp_path / "example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", "migrations"))
    export_typescript(folder / "src" / "bookingdb.types.ts", modules=["gusmester", "credits"])

    assert compile_in(folder) == ""


def test_the_typescript_of_the_guide(tmp_path: Path) -> None:
    folder = tmp_path / "guide"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", "migrations", "club.ts"))
    export_typescript(folder / "src" / "bookingdb.types.ts")
    code = [one for one in blocks("ts") if not one.startswith("Deno.serve") and "type-fest" not in one]
    for number, one in enumerate(code):
        imports = re.findall(r"^import .*$", one, re.MULTILINE)
        body = re.sub(r"^import .*$", "", one, flags=re.MULTILINE)
        surroundings = (
            SURROUNDINGS if "createClient" not in one else SURROUNDINGS.rpartition("declare const supabase")[0]
        )
        text = "\n".join([*imports, surroundings, "export async function example() {", body, "}"])
        (folder / "src" / f"block{number}.ts").write_text(text)

    assert len(code) == 6
    assert compile_in(folder) == ""
