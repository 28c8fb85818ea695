"""The widget's example on a database of the test's own, behind a real HTTP server."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from uuid import UUID

import psycopg
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "widget" / "serve.py"

Studio = tuple[str, UUID]
"""Where the widget is, and whose it is."""


@pytest.fixture(scope="session")
def serve() -> ModuleType:
    """The example's module."""
    spec = importlib.util.spec_from_file_location("widget_serve", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    """Let a server answer; yield its address."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def studio(serve: ModuleType, dsn: str) -> Iterator[Studio]:
    """The example's studio, whose widget can be opened."""
    organization_id = serve.open_studio(dsn)
    with serving(serve.make_server(dsn, organization_id)) as url:
        yield url, organization_id


@pytest.fixture
def new_class(db: psycopg.Connection, studio: Studio) -> Callable[..., UUID]:
    """Make a class of the studio that is tomorrow and so comes first."""

    def new_class(name: str = "Sunrise", capacity: int = 5, **more: object) -> UUID:
        columns = ", ".join(["organization_id", "name", "capacity", *more])
        values = [studio[1], name, capacity, *more.values()]
        ((class_session_id,),) = db.execute(
            f"INSERT INTO class_sessions (starts_at, duration_minutes, {columns})"
            f" VALUES (now() + interval '1 hour', 60, {', '.join(['%s'] * len(values))}) RETURNING id",
            values,
        ).fetchall()
        return UUID(str(class_session_id))

    return new_class
