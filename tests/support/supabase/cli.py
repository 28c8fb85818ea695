"""Supabase's command line, which needs neither Docker nor an account for what it does to a database by its URL."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.supabase.node import installed


@dataclass(frozen=True)
class CommandLine:
    """`supabase` in a project's folder, for a project's database."""

    folder: Path
    url: str

    def __call__(self, *arguments: str, expected: int = 0) -> str:
        """Run a command against the project; return what it printed."""
        done = self.run(*arguments)
        assert done.returncode == expected, f"{' '.join(arguments)}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command against the project, whatever comes of it."""
        command = [str(installed() / ".bin" / "supabase"), *arguments, f"--remote={self.url}"]
        private = {"HOME": str(self.folder), "SUPABASE_TELEMETRY_DISABLED": "1", "DO_NOT_TRACK": "1"}
        return subprocess.run(
            command, cwd=self.folder, env=os.environ | private, capture_output=True, text=True, timeout=300
        )
