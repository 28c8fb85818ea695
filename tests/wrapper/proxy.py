"""A line between a client and the server that can be cut after the server has done its work."""

import select
import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from psycopg.conninfo import make_conninfo

READY = b"Z\x00\x00\x00\x05"  # ReadyForQuery: the answer to a statement, or to several in one message, is complete


def fatal(sqlstate: str) -> bytes:
    """Return the message of a server, or of a pooler in its place, that ends the session."""
    fields = "".join(f"{field}\0" for field in ("SFATAL", "VFATAL", f"C{sqlstate}", "Mconnection to database closed"))
    body = f"{fields}\0".encode()
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


class Proxy:
    """Listens on a socket of its own and passes on what it gets."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._folder = tempfile.TemporaryDirectory(prefix="proxy", dir="/tmp")  # short, for a socket
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{self._folder.name}/.s.PGSQL.5432")
        self._listener.listen()
        self.round_trips = 0
        """So many answers came back."""
        self.lose_answers = 0
        """So many of the next answers are not passed on: the line is cut instead."""
        self.last_words = b""
        """What the client gets in the place of a lost answer; the line is kept if it says that it is ready."""

    def conninfo(self, dsn: str) -> str:
        """Return how to reach a database through this."""
        return make_conninfo(dsn, host=self._folder.name, port=5432)

    def trips_of(self, work: Callable[[], object]) -> int:
        """Return how many round trips something takes."""
        before = self.round_trips
        work()
        return self.round_trips - before

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._folder.cleanup()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            Thread(target=self._pass_on, args=[client], daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        # Either side may hang up at any moment.
        with suppress(ConnectionError), client, socket.socket(socket.AF_UNIX) as server:
            server.connect(str(Path(self._server)))
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(1 << 16)
                    if not data:
                        return
                    if ready is server and not self._may_pass(data):
                        client.sendall(self.last_words)
                        if READY not in self.last_words:
                            return
                        continue
                    (server if ready is client else client).sendall(data)

    def _may_pass(self, data: bytes) -> bool:
        if READY not in data:
            return True
        self.round_trips += data.count(READY)
        self.lose_answers -= 1
        return self.lose_answers < 0
