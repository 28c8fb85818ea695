"""The command line as a whole: help with examples, completion, a quiet Ctrl-C."""

import signal
import subprocess
import sys
import time

import click
import pytest

from bookingdb.cli import main

NAMES = ["completion", "demo", "dev", "doctor", "history", "migrate", "rollback", "status", "verify"]


def test_the_list_of_commands_imports_none_of_them() -> None:
    program = "import sys; from bookingdb.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"

    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert [name for name in NAMES if f"\n  {name} " in shown] == NAMES
    assert [name for name in NAMES if f"bookingdb.cli.{name}" in shown.split()] == []


@pytest.mark.parametrize("name", NAMES)
def test_help_with_examples(bookingdb, name: str) -> None:
    listed = main.commands_by_name[name].removesuffix(".")
    command = main.get_command(click.Context(main), name)
    result = bookingdb(name, "--help")

    assert result.exit_code == 0
    assert f"bookingdb {name}" in result.stdout.partition("\n")[2]
    assert " ".join(command.help.split()).startswith(listed)


def test_an_unknown_command(bookingdb) -> None:
    result = bookingdb("nonsense")

    assert (result.exit_code, "No such command" in result.stderr) == (2, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(bookingdb, shell: str) -> None:
    script = bookingdb("completion", shell).stdout

    assert "_BOOKINGDB_COMPLETE" in script


def test_what_is_completed() -> None:
    completer = click.shell_completion.ShellComplete(main, {}, "bookingdb", "_BOOKINGDB_COMPLETE")

    assert [item.value for item in completer.get_completions([], "mi")] == ["migrate"]
    assert "--force" in [item.value for item in completer.get_completions(["migrate"], "--")]


@pytest.mark.parametrize("delay", [0.02, 0.08, 0.15, 0.25, 0.4])
def test_ctrl_c_while_it_starts(delay: float) -> None:
    program = "import bookingdb_cli, sys; print(flush=True); sys.stdin.readline(); bookingdb_cli.main()"
    command = [sys.executable, "-c", program, "migrate", "--dsn", "host=127.0.0.1 port=1"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        process.stdout.readline()
        process.stdin.write("\n")
        process.stdin.flush()
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=30)

    assert process.returncode in (-signal.SIGINT, 1, 2)
    assert "Traceback" not in messages
