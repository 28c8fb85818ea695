"""What a database says cannot act on the terminal: control characters are printed as what they are."""

import json
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from deploy.test_constraints import ADD, LOOK

import bookingdb.cli
from bookingdb import deploy
from bookingdb.cli._output import Text, visible
from bookingdb.deploy import migrate

EVIL = "e\x1b[2Jv\x9b31mi\u202el\r"
TAMED = r"e\x1b[2Jv\x9b31mi\u202el\r"


def harmless(result: Result, *shown: str) -> str:
    """Return all that was printed, after looking that no control character is in it, and that ``shown`` is."""
    printed = result.stdout + result.stderr
    assert [character for character in printed if not character.isprintable() and character != "\n"] == []
    assert [text for text in shown if text not in printed] == []
    return printed


@pytest.mark.parametrize("character", [*map(chr, range(32)), "\x7f", "\x80", "\x9b", "\u2028", "\u202e", "\u2066"])
def test_control_characters(character: str) -> None:
    kept = character in "\t\n"

    assert (visible(character) == character) == kept
    assert str(Text(character)) == str(Text().append(character)) == str(Text.assemble((character, "red")))
    assert (str(Text(character)) == character) == kept


def test_ordinary_text_stays() -> None:
    text = "Zoë: 10 °C, ✓ ñ 日本 🧖 a\\b"

    assert visible(text) == str(Text(text)) == text


def test_commands_print_no_other_text() -> None:
    folder = Path(bookingdb.cli.__file__).parent
    files = {path.name: path.read_text("utf-8") for path in folder.glob("*.py")}

    assert [name for name, text in files.items() if "rich.text" in text] == ["_output.py"]
    assert sorted(name for name, text in files.items() if "click.echo" in text) == [
        "_output.py",
        "completion.py",
        "worker.py",  # JSON, in which they are escaped
    ]


def test_the_name_of_a_schema(dsn, bookingdb) -> None:
    here = ("--schema", EVIL, "--dsn", dsn)

    harmless(bookingdb("status", *here), TAMED)
    harmless(bookingdb("history", *here), TAMED)
    harmless(bookingdb("history", EVIL, *here), TAMED)
    harmless(bookingdb("rollback", *here), TAMED)
    harmless(bookingdb("verify", *here), TAMED)
    harmless(bookingdb("doctor", *here))
    harmless(bookingdb("migrate", "--dry-run", *here), TAMED)


def test_the_name_of_a_module_or_a_migration(dsn, bookingdb) -> None:
    harmless(bookingdb("migrate", "--modules", f"core,{EVIL}", "--dsn", dsn))
    harmless(bookingdb("rollback", "--to", EVIL, "--dsn", dsn), TAMED)


def test_the_name_of_an_object(dsn, db, bookingdb) -> None:
    db.execute(f'CREATE FUNCTION "{EVIL}"() RETURNS int LANGUAGE sql RETURN 1')
    db.execute(f'CREATE POLICY "{EVIL}" ON employees USING (true)')
    db.execute(f'CREATE TABLE mine (id uuid CONSTRAINT "{EVIL}" REFERENCES employees)')

    harmless(bookingdb("status", "--dsn", dsn), TAMED)
    harmless(bookingdb("status", "--diff", "--dsn", dsn), TAMED)
    harmless(bookingdb("doctor", "--dsn", dsn), TAMED)
    harmless(bookingdb("rollback", "--to", "0002.notifications-tables", "--yes", "--dsn", dsn), TAMED)


def test_what_a_trigger_says(empty_dsn, bookingdb, superuser) -> None:
    superuser.execute(
        "CREATE FUNCTION public.say() RETURNS event_trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION E'{EVIL}' USING DETAIL = '{EVIL}!', HINT = '{EVIL}?'; END $$;"
        "CREATE EVENT TRIGGER say ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION public.say()"
    )

    harmless(bookingdb("migrate", "--dsn", empty_dsn), TAMED, f"{TAMED}!", f"{TAMED}?")


def test_what_stands_in_rows(empty_dsn, tree, owner, bookingdb, monkeypatch) -> None:
    tree.things()
    migrate(empty_dsn, package=tree.package())
    owner.execute("INSERT INTO things VALUES (7, %s, -3)", [EVIL])
    tree.constraint("positive", ADD, LOOK.replace("amount FROM", f'owner AS "{EVIL}" FROM'))
    monkeypatch.setattr(deploy, "migrate", lambda dsn, **options: migrate(dsn, package=tree.package(), **options))

    printed = harmless(bookingdb("migrate", "--dsn", empty_dsn), TAMED)

    assert printed.count(TAMED.removesuffix(r"\r")) == 2


def test_the_words_of_somebody_who_connects(bookingdb) -> None:
    harmless(bookingdb("status", "--dsn", "host='/no\x1b[2Jwhere' dbname=none"), r"/no\x1b[2Jwhere")


def test_json_is_harmless_and_exact(dsn, db, bookingdb) -> None:
    db.execute(f'CREATE FUNCTION "{EVIL}"() RETURNS int LANGUAGE sql RETURN 1')

    result = bookingdb("status", "--json", "--dsn", dsn)

    harmless(result)
    assert EVIL in [item["name"] for item in json.loads(result.stdout)["items"]]


def test_a_name_that_looks_like_markup(dsn, db: psycopg.Connection, bookingdb) -> None:
    db.execute('CREATE FUNCTION "[red]x[/red]"() RETURNS int LANGUAGE sql RETURN 1')

    assert "[red]x[/red]" in bookingdb("status", "--dsn", dsn).stdout
