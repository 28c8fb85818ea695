"""What the server writes to its log while a test runs."""

import json
from pathlib import Path
from typing import Any


class ServerLog:
    """The server's log from now on. A line is there before the client gets the answer it belongs to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start = path.stat().st_size

    def text(self) -> str:
        """Return what has been written."""
        with self._path.open("rb") as file:
            file.seek(self._start)
            return file.read().decode(errors="replace")

    def refusals(self) -> list[dict[str, Any]]:
        """Return the structured part of every refusal's line."""
        marker = "bookingdb refused "
        return [json.loads(line.split(marker, 1)[1]) for line in self.text().splitlines() if marker in line]
