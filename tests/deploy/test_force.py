"""What somebody wrote by hand is undone with --force only; status shows what that would be."""

import json
import os
import pty
import subprocess
import sys

import pytest
from deploy.catalogs import contents

from bookingdb.deploy import DeployError, migrate, status

EDIT = "CREATE OR REPLACE FUNCTION caller_id() RETURNS uuid LANGUAGE sql STABLE RETURN NULL::uuid"


def edited_by_hand(owner) -> None:
    owner.execute("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 7; END $$")


def test_a_file_that_changed_as_well(empty_dsn, tree, owner) -> None:
    tree.function("f")
    migrate(empty_dsn, package=tree.package())
    edited_by_hand(owner)
    tree.function("f", body="BEGIN RETURN 2; END")
    (item,) = [item for item in status(empty_dsn, package=tree.package()).items if item.state != "up to date"]
    assert (item.state, item.detail) == ("outdated", "and edited by hand")
    assert "+AS $function$ BEGIN RETURN 7; END $function$" in item.diff

    for dry_run in (True, False):
        with pytest.raises(DeployError, match="Edited by hand: function f"):
            migrate(empty_dsn, package=tree.package(), dry_run=dry_run)
    assert owner.execute("SELECT f()").fetchall() == [(7,)]
    migrate(empty_dsn, package=tree.package(), force=True)

    assert owner.execute("SELECT f()").fetchall() == [(2,)]


def test_a_file_that_is_gone(empty_dsn, tree, owner) -> None:
    path = tree.function("f")
    migrate(empty_dsn, package=tree.package())
    edited_by_hand(owner)
    path.unlink()

    with pytest.raises(DeployError, match="Edited by hand: function f"):
        migrate(empty_dsn, package=tree.package())
    migrate(empty_dsn, package=tree.package(), force=True)

    assert owner.execute("SELECT to_regproc('f')").fetchall() == [(None,)]


def test_a_new_version_that_declares_more_is_no_edit(empty_dsn, tree) -> None:
    tree.things()
    tree.function("f", returns="trigger", body="BEGIN RETURN NEW; END")
    migrate(empty_dsn, package=tree.package())
    trigger = "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION f();"
    tree.function("f", returns="trigger", body="BEGIN RETURN NEW; END", after=trigger)
    (item,) = [item for item in status(empty_dsn, package=tree.package()).items if item.state != "up to date"]

    assert (item.state, item.detail, item.diff) == ("outdated", None, None)
    assert [change.action for change in migrate(empty_dsn, package=tree.package()).changes] == ["changed"]


def test_the_commands(dsn, db, bookingdb) -> None:
    before = contents(dsn)
    db.execute(EDIT)

    shown = bookingdb("status", "--diff", "--dsn", dsn)
    refused = bookingdb("migrate", "--dsn", dsn)
    as_json = json.loads(bookingdb("status", "--json", "--dsn", dsn).stdout)

    assert "+RETURN NULL::uuid" in shown.stdout
    assert "--- deployed" in shown.stdout
    assert "RETURN NULL" not in bookingdb("status", "--dsn", dsn).stdout
    assert "+RETURN NULL::uuid" in next(item["diff"] for item in as_json["items"] if item["name"] == "caller_id")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "Edited by hand: function caller_id. Nothing was changed." in refused.stderr
    assert "bookingdb status --diff" in refused.stderr
    assert bookingdb("migrate", "--force", "--dsn", dsn).exit_code == 0
    assert contents(dsn) ^ before == set()


@pytest.mark.parametrize("no_color", ["", "1"])
def test_colours_on_a_terminal_only(dsn, db, no_color: str) -> None:
    db.execute(EDIT)
    command = [sys.executable, "-c", "from bookingdb.cli import main; main()", "status", "--diff", "--dsn", dsn]
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm"} | ({"NO_COLOR": no_color} if no_color else {})

    piped = subprocess.run(command, env=environment, capture_output=True, check=True)
    terminal, end = pty.openpty()
    with subprocess.Popen(command, env=environment, stdout=end, stderr=end):
        os.close(end)
        on_terminal = read_all(terminal)

    assert b"\x1b" not in piped.stdout
    assert (b"\x1b[32m" in on_terminal) == (not no_color)


def read_all(terminal: int) -> bytes:
    """Read until the other end is closed, which a terminal says with an error."""
    read = b""
    try:
        while part := os.read(terminal, 65536):
            read += part
    except OSError:
        pass
    finally:
        os.close(terminal)
    return read
