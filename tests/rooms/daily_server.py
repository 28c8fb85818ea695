"""A server on this machine that answers as Daily's REST API is documented to.

It keeps rooms, knows one key, and counts what it was asked. `answer_next` puts another answer in front of the next
request; `held` is for answers that wait until the test has ended.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "5f3c0ffee-the-key-of-this-domain"
SETTINGS = {"privacy", "properties"}


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "DailyServer"

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(self.command, self.path, dict(self.headers.items()), json.loads(body) if body else None)
        self.server.requests.append(request)
        answer = self.server.scripted.pop(0) if self.server.scripted else Handler.as_documented
        answer(self, request)

    do_GET = do_POST = do_DELETE = handle_any

    def as_documented(self, request: Request) -> None:
        self.reply(*self.server.respond(request))

    def reply(self, status: int, fields: Any, **headers: str) -> None:
        self.reply_raw(status, json.dumps(fields).encode(), **headers)

    def reply_raw(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Keep the tests' output clean."""


class DailyServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.rooms: dict[str, dict[str, Any]] = {}
        self.expired: set[str] = set()
        self.requests: list[Request] = []
        self.scripted: list[Answer] = []
        self.held = threading.Event()
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what some of the tests are about."""

    def answer_next(self, *answers: "Answer") -> None:
        self.scripted.extend(answers)

    def asked(self) -> list[tuple[str, str]]:
        return [(request.method, request.path) for request in self.requests]

    def respond(self, request: Request) -> tuple[int, Any]:
        authorization = request.headers.get("Authorization")
        if authorization is None:
            return 400, {"error": "authorization-header-error"}
        if authorization != f"Bearer {KEY}":
            return 401, {"error": "authentication-error"}
        with self.lock:
            return self.act(request.method, request.path.removeprefix("/v1/rooms").removeprefix("/"), request.body)

    def act(self, method: str, room: str, body: dict[str, Any]) -> tuple[int, Any]:
        match method, room:
            case "POST", "":
                return self.create(body)
            case "POST", name if name in self.rooms:
                return 200, self.configure(name, body)
            case "DELETE", name if name in self.rooms:
                del self.rooms[name]
                return 200, {"deleted": True, "name": name}
            case "DELETE", name if name in self.expired:
                return 404, {"error": "not-found", "info": f"room {name} has expired", "deleted": True}
        return 404, {"error": "not-found"}

    def create(self, body: dict[str, Any]) -> tuple[int, Any]:
        name = body["name"]
        if name in self.rooms:
            return 400, {"error": "invalid-request-error", "info": f"a room named {name} already exists"}
        if body.keys() - SETTINGS - {"name"}:
            return 400, {"error": "invalid-request-error", "info": "unknown parameter"}
        self.rooms[name] = {"name": name, "api_created": True, "url": f"https://clinic.daily.co/{name}"}
        return 200, self.configure(name, body)

    def configure(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        room = self.rooms[name]
        room["privacy"] = body.get("privacy", room.get("privacy", "public"))
        room["config"] = room.get("config", {}) | body.get("properties", {})
        return room


Answer = Callable[[Handler, Request], None]


def says(status: int, fields: Any, **headers: str) -> Answer:
    return lambda handler, request: handler.reply(status, fields, **headers)


def says_raw(status: int, body: bytes) -> Answer:
    return lambda handler, request: handler.reply_raw(status, body)


def hangs(handler: Handler, request: Request) -> None:
    """Do what was asked, and say nothing."""
    handler.server.respond(request)
    handler.server.held.wait()


def trickles(handler: Handler, request: Request) -> None:
    """Send an answer byte by byte, so that no single wait is long."""
    handler.send_response(200)
    handler.send_header("Content-Length", "200")
    handler.end_headers()
    for _ in range(200):
        handler.server.held.wait(0.02)
        handler.wfile.write(b" ")


def hangs_up(handler: Handler, request: Request) -> None:
    """Do what was asked, and close the connection in the middle of the answer."""
    _, fields = handler.server.respond(request)
    body = json.dumps(fields).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[:10])
    handler.close_connection = True


def closes(handler: Handler, request: Request) -> None:
    """Close the connection without a word."""
    handler.close_connection = True


def greets_as_a_mail_server(handler: Handler, request: Request) -> None:
    """Speak another protocol."""
    handler.wfile.write(b"220 mail.example ESMTP\r\n\r\n")


@contextmanager
def running() -> Iterator[DailyServer]:
    with DailyServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.held.set()
            server.shutdown()
            thread.join()
