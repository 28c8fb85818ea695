"""The command line as a whole: help with examples, completion, a quiet Ctrl-C."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from bookingdb.cli import main
from bookingdb.cli.dev import dev

PROGRAM = Path(sys.executable).with_name("bookingdb")

OF_THE_SERVER = ["dsn", "psql", "start", "status", "stop"]
NAMES = [
    "completion",
    "demo",
    "dev",
    "doctor",
    "export",
    "history",
    "migrate",
    "reconcile",
    "rollback",
    "status",
    "verify",
    "worker",
]


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


@pytest.mark.parametrize("name", OF_THE_SERVER)
def test_help_of_the_development_server_with_examples(bookingdb, name: str) -> None:
    assert sorted(dev.commands) == OF_THE_SERVER

    result = bookingdb("dev", name, "--help")

    assert result.exit_code == 0
    assert f"bookingdb dev {name}" in result.stdout.partition("\n")[2]


def test_an_unknown_command(bookingdb) -> None:
    result = bookingdb("nonsense")

    assert (result.exit_code, "No such command" in result.stderr) == (2, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(bookingdb, shell: str) -> None:
    script = bookingdb("completion", shell)

    assert script.exit_code == 0
    assert f"_BOOKINGDB_COMPLETE={shell}_complete" in script.stdout


def test_completion_for_another_shell(bookingdb) -> None:
    refused = bookingdb("completion", "tcsh")

    assert (refused.exit_code, "'bash', 'zsh', 'fish'" in refused.stderr) == (2, True)


def completed(shell: str, *words: str) -> list[str]:
    """Ask the program as the script of a shell does, and return what it offers for the last word."""
    asked = {"_BOOKINGDB_COMPLETE": f"{shell}_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": words[-1]}
    if shell != "fish":
        asked["COMP_CWORD"] = str(len(words) - 1)
    answer = subprocess.check_output([PROGRAM], env=os.environ | asked, text=True)
    if shell == "zsh":  # three lines each: kind, value, help
        return answer.splitlines()[1::3]
    separated = [line.partition(",")[2] for line in answer.splitlines()]
    return [line.partition("\t")[0] for line in separated]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["bookingdb", "mi"], ["migrate"]),
        (["bookingdb", "dev", "st"], ["start", "status", "stop"]),
        (["bookingdb", "verify", "--lo"], ["--lock-timeout"]),
        (["bookingdb", "doctor", "--js"], ["--json"]),
        (["bookingdb", "completion", "f"], ["fish"]),
        (["bookingdb", "migrate", "--modules", "gus"], ["gusmester"]),
        (["bookingdb", "migrate", "--modules", "core,not"], ["core,notifications"]),
    ],
)
def test_what_is_completed(shell: str, words: list[str], offered: list[str]) -> None:
    assert completed(shell, *words) == offered


IN_A_SHELL = {
    "bash": """
        source /dev/stdin <<< "$(bookingdb completion bash)"
        COMP_WORDS=(bookingdb dev st) COMP_CWORD=2
        _bookingdb_completion bookingdb
        printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "zsh": """
        compdef() { :; }
        compadd() { :; }
        _describe() { shift 2; print -l -- ${(P)1%%:*}; }
        eval "$(bookingdb completion zsh)"
        words=(bookingdb dev st) CURRENT=3
        _bookingdb_completion
    """,
    "fish": """
        bookingdb completion fish | source
        complete --do-complete 'bookingdb dev st' | string split --fields 1 \\t
    """,
}


@pytest.mark.parametrize("shell", IN_A_SHELL)
def test_the_script_in_its_shell(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    environment = os.environ | {"PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"}

    offered = subprocess.check_output([shell, "-c", IN_A_SHELL[shell]], env=environment, text=True)

    assert offered.split() == ["start", "status", "stop"]


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
