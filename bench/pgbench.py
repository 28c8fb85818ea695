"""Runs pgbench, so that both sides of a ratio pay for the same client."""

import os
import re
import subprocess
from dataclasses import dataclass

from bookingdb.server import Server

CLIENTS = 8


@dataclass(frozen=True)
class Pgbench:
    """The pgbench of the server's own installation, on one database."""

    server: Server
    dbname: str
    user: str

    def initialize(self, scale: int) -> None:
        """Make the tables of the TPC-B-like transaction."""
        self._run("--initialize", "--quiet", f"--scale={scale}")

    def tps(self, transactions: int, *options: str, synchronous_commit: str) -> float:
        """Let each client make so many transactions; return how many of them a second it were."""
        report = self._run(
            f"--client={CLIENTS}",
            f"--jobs={min(CLIENTS, os.cpu_count() or 1)}",
            f"--transactions={transactions}",
            *options,
            synchronous_commit=synchronous_commit,
        )
        made = transactions * CLIENTS
        tps = re.search(r"^tps = ([0-9.]+)", report, re.MULTILINE)
        if f"actually processed: {made}/{made}" not in report or tps is None:
            raise RuntimeError(f"pgbench did not finish its transactions:\n{report}")
        return float(tps[1])

    def _run(self, *options: str, synchronous_commit: str = "off") -> str:
        done = subprocess.run(
            [self.server.bindir / "pgbench", *options, self.server.conninfo(self.dbname, user=self.user)],
            env=os.environ | {"PGOPTIONS": f"-csynchronous_commit={synchronous_commit}", "LC_ALL": "C"},
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"pgbench failed:\n{done.stdout}{done.stderr}")
        return done.stdout
