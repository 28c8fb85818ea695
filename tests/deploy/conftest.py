"""Packages to deploy, and the command line to deploy them with."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from deploy.tree import Tree
from psycopg.conninfo import make_conninfo

from bookingdb.cli import main


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A package with the core's tables and nothing else."""
    return Tree(tmp_path / "package")


@pytest.fixture
def owner(empty_dsn: str) -> Iterator[psycopg.Connection]:
    """The owner's connection to the empty database, looking at the schema the tests deploy to."""
    with psycopg.connect(empty_dsn, autocommit=True, options="-csearch_path=bookingdb,pg_temp") as connection:
        yield connection


@pytest.fixture
def superuser(empty_dsn: str) -> Iterator[psycopg.Connection]:
    """A superuser's connection to the empty database."""
    with psycopg.connect(make_conninfo(empty_dsn, user="postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def bookingdb() -> Callable[..., Result]:
    """Run the command line inside this process; an exception that is no sentence fails the test."""

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments, env={"BOOKINGDB_DSN": "", "BOOKINGDB_SCHEMA": ""})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command line as a process of its own; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", "from bookingdb.cli import main; main()", *arguments]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=dict(os.environ)))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()
