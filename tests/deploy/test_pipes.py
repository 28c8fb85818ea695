"""Output that goes into a pipe is whole, and nothing stops half-way when the reader of a pipe leaves."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from rich.console import Console
from rich.table import Table

from bookingdb.cli._output import print_table
from bookingdb.deploy import status

COMMAND = [sys.executable, "-c", "from bookingdb_cli import main; main()"]
LONG = "x" * 200


@pytest.fixture
def nobody() -> Iterator[int]:
    """The writing end of a pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def test_migrate_finishes_when_nobody_reads_its_progress(empty_dsn, nobody: int) -> None:
    done = subprocess.run([*COMMAND, "migrate", "--dsn", empty_dsn], stderr=nobody, stdout=subprocess.PIPE, text=True)

    assert (done.returncode, "Done in" in done.stdout) == (0, True)
    assert status(empty_dsn).up_to_date


def test_rollback_finishes_when_nobody_reads_its_losses(dsn, nobody: int) -> None:
    command = [*COMMAND, "rollback", "--to", "0001.core-tables", "--yes", "--dsn", dsn]
    done = subprocess.run(command, stderr=nobody, stdout=subprocess.PIPE, text=True)

    assert (done.returncode, done.stdout.startswith("Rolled back")) == (0, True)
    assert status(dsn).modules == ("core",)


@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "--dsn", "{}"],
        ["status", "--json", "--dsn", "{}"],
        ["doctor", "--dsn", "{}"],
        ["status", "--json", "--dsn", "host=/nowhere"],
        ["dev", "status"],
        ["dev", "status", "--json"],
        ["completion", "bash"],
        ["--help"],
    ],
)
def test_an_answer_that_nobody_reads_ends_without_a_word(dsn, nobody: int, arguments: list[str]) -> None:
    command = [*COMMAND, *(dsn if word == "{}" else word for word in arguments)]
    done = subprocess.run(command, stdout=nobody, stderr=subprocess.PIPE, text=True)

    assert (done.returncode, done.stderr) == (1, "")


def test_refusals_keep_their_exit_code_when_nobody_reads_them(nobody: int) -> None:
    done = subprocess.run([*COMMAND, "status", "--dsn", "host=/nowhere"], stderr=nobody)

    assert done.returncode == 2


def test_a_table_in_a_pipe_is_as_wide_as_it_gets() -> None:
    output = io.StringIO()
    table = Table("one", "two")
    table.add_row(LONG, LONG)

    print_table(table, Console(file=output))

    assert any(line.count(LONG) == 2 for line in output.getvalue().splitlines())


class Terminal(io.StringIO):
    """Like a terminal of 40 columns."""

    def isatty(self) -> bool:
        return True


def test_a_table_on_a_terminal_is_folded() -> None:
    output = Terminal()
    table = Table("name", box=None)
    table.add_row(LONG)

    print_table(table, Console(file=output, width=40, color_system=None))

    assert output.getvalue().count("x") == len(LONG)
    assert max(map(len, output.getvalue().splitlines())) <= 40
