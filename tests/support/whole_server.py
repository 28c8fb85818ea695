"""Throw-away whole servers by testing.postgresql, also as root, as whom PostgreSQL refuses to run."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
        for folder in self.subdirectories:
            shutil.chown(Path(self.base_dir, folder), _ACCOUNT)
        subprocess.run(
            [self.initdb, "-D", self.get_data_directory(), "--lc-messages=C", *self.settings["initdb_args"].split()],
            check=True,
            stdout=subprocess.DEVNULL,
            user=_ACCOUNT,
            group=pwd.getpwnam(_ACCOUNT).pw_gid,
            extra_groups=[],
            cwd=self.base_dir,
        )

    def get_server_commandline(self) -> list[str]:
        command = super().get_server_commandline()
        if not _AS_ROOT:
            return command
        account = pwd.getpwnam(_ACCOUNT)
        drop = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--"]
        return drop + command


@contextmanager
def whole_server() -> Iterator[_Postgresql]:
    """Run a server of one's own; its ``url()`` is a superuser's."""
    programs = readable_copy(find_binaries())
    folder = tempfile.mkdtemp(prefix="bookingdb-test-")
    try:
        with _Postgresql(
            base_dir=folder, initdb=str(programs / "initdb"), postgres=str(programs / "postgres")
        ) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)
