"""Workers on the test's own database; coroutines are run by asyncio.run()."""

import asyncio
import inspect
import shutil
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from bookingdb.worker import Handler, Options, Route, Worker
from bookingdb.worker._listener import Listener
from worker.outbox import Outbox

PROGRAM = "from bookingdb_cli import main; main()"

Running = Callable[..., AbstractAsyncContextManager[Worker]]
Work = Callable[..., Any]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine function to its end."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    parameters = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in parameters}))
    return True


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings of whoever runs the tests out of them."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("BOOKINGDB_ROOMS", "BOOKINGDB_SMTP_HOST", "BOOKINGDB_WEBHOOK_URL", "BOOKINGDB_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def outbox(db: psycopg.Connection) -> Outbox:
    return Outbox(db)


@pytest.fixture
def running(dsn: str) -> Running:
    """Run a worker beside the test; at the end it is stopped and has finished."""

    @asynccontextmanager
    async def run(*handlers: Handler | Route, **options: Any) -> AsyncIterator[Worker]:
        routes = [handler if isinstance(handler, Route) else Route(["*"], handler) for handler in handlers]
        bell = Listener(dsn, "bookingdb")
        async with AsyncConnectionPool(
            dsn, open=False, min_size=1, max_size=4, timeout=5, kwargs={"autocommit": True}
        ) as pool:
            worker = Worker(pool, "bookingdb", routes, bell, Options(**{"maintenance_interval": 0} | options))
            work = asyncio.create_task(worker.run())
            try:
                yield worker
                if not worker._options.once:
                    worker.stop()
                async with asyncio.timeout(60):
                    await work
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
                await bell.close()

    return run


@pytest.fixture
def work(running: Running) -> Work:
    """Have a worker deliver all that is due; return the worker."""

    async def work_once(*handlers: Handler | Route, **options: Any) -> Worker:
        async with running(*handlers, once=True, **options) as worker:
            pass
        return worker

    return work_once


@pytest.fixture
def start(dsn: str) -> Iterator[Start]:
    """Start ``bookingdb worker`` as a process of its own; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, program: str = PROGRAM, **options: Any) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", program, "worker", "--dsn", dsn, *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, **pipes | options))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine that signs itself, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1"
    subprocess.run(
        [
            *command.split(),
            "-addext",
            "subjectAltName=IP:127.0.0.1,DNS:localhost",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


async def until(condition: Callable[[], bool], patience: float = 20.0) -> None:
    """Return as soon as the condition holds: for what no event tells of."""
    async with asyncio.timeout(patience):
        while not condition():
            await asyncio.sleep(0.01)
