"""Throw-away whole servers, standbys and crippled ones among them, also as root, as whom PostgreSQL refuses to run."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import testing.postgresql

from bookingdb.server import find_binaries
from bookingdb.server._binaries import readable_copy

_AS_ROOT = os.geteuid() == 0
_ACCOUNT = "nobody"


class _Postgresql(testing.postgresql.Postgresql):
    """Runs initdb and the server as a user without rights when the tests run as root."""

    def setup(self) -> None:
        if _AS_ROOT:
            shutil.chown(self.base_dir, _ACCOUNT)
        super().setup()

    def initialize_database(self) -> None:
        if not _AS_ROOT:
            super().initialize_database()
            return
        self.run([self.initdb, "--lc-messages=C", *self.settings["initdb_args"].split()])

    def run(self, command: list[str]) -> None:
        """Run a program that fills the data folder, as the user of the server."""
        account: dict[str, Any] = {}
        if _AS_ROOT:
            for folder in self.subdirectories:
                shutil.chown(Path(self.base_dir, folder), _ACCOUNT)
            account = {"user": _ACCOUNT, "group": pwd.getpwnam(_ACCOUNT).pw_gid, "extra_groups": []}
        command = [*command, "-D", self.get_data_directory()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.base_dir, **account)

    def get_server_commandline(self) -> list[str]:
        command = super().get_server_commandline()
        if not _AS_ROOT:
            return command
        account = pwd.getpwnam(_ACCOUNT)
        drop = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--"]
        return drop + command


class _Standby(_Postgresql):
    """A read-only copy of another server that follows it."""

    def initialize_database(self) -> None:
        backup = str(Path(self.initdb).with_name("pg_basebackup"))
        self.run([backup, "-d", self.settings["primary"], "--write-recovery-conf", "--checkpoint=fast"])


class _WithoutEurope(_Postgresql):
    """A server whose time zones of Europe are covered by an empty folder that nobody else sees."""

    def get_server_commandline(self) -> list[str]:
        return _without_europe(Path(self.postgres).parent, super().get_server_commandline())


def _without_europe(programs: Path, command: list[str]) -> list[str]:
    own, systems = programs.parent / "share" / "timezone", Path("/usr/share/zoneinfo")
    europe = (own if own.is_dir() else systems) / "Europe"
    return ["unshare", "--mount", "sh", "-ec", 'mount -t tmpfs none "$0"; exec "$@"', str(europe), *command]


def europe_can_be_covered() -> bool:
    """Whether this user may mount; root often may."""
    if shutil.which("unshare") is None:
        return False
    attempt = _without_europe(readable_copy(find_binaries()), ["true"])
    return subprocess.run(attempt, stderr=subprocess.DEVNULL).returncode == 0


@contextmanager
def whole_server() -> Iterator[_Postgresql]:
    """Run a server of one's own; its ``url()`` is a superuser's."""
    with _running(_Postgresql) as server:
        yield server


@contextmanager
def standby_of(primary: _Postgresql) -> Iterator[_Postgresql]:
    """Run a standby of a server."""
    with _running(_Standby, primary=primary.url(database="postgres")) as server:
        yield server


@contextmanager
def server_without_europe() -> Iterator[_Postgresql]:
    """Run a server that does not know the time zones of Europe; see ``europe_can_be_covered``."""
    with _running(_WithoutEurope) as server:
        yield server


@contextmanager
def _running(kind: type[_Postgresql], **settings: str) -> Iterator[_Postgresql]:
    programs = readable_copy(find_binaries())
    folder = tempfile.mkdtemp(prefix="bookingdb-test-")
    try:
        with kind(
            base_dir=folder, initdb=str(programs / "initdb"), postgres=str(programs / "postgres"), **settings
        ) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)
