"""A web server on this machine that keeps what is posted to it and answers as it is told."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Post:
    path: str
    headers: dict[str, str]
    body: bytes


class WebServer(ThreadingHTTPServer):
    """Answers with ``answer(handler)``, which is 200 and nothing unless a test says otherwise."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.posts: list[Post] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = status(200)
        self.over = threading.Event()

    def url(self, path: str = "/hook", scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.server_port}{path}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what some of the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: WebServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append(Post(self.path, dict(self.headers.items()), body))
        self.server.answer(self)

    def log_message(self, *arguments: Any) -> None:
        """Keep the tests' output clean."""


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with a status and nothing else."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()

    return answer


def never(handler: BaseHTTPRequestHandler) -> None:
    """Answer when the test is over."""
    server = handler.server
    assert isinstance(server, WebServer)
    server.over.wait(60)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Answer 200, and with a body that does not end."""
    server = handler.server
    assert isinstance(server, WebServer)
    handler.send_response(200)
    handler.end_headers()
    while not server.over.wait(0.01):
        handler.wfile.write(b"x" * 1000)


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    server = WebServer(tls)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
