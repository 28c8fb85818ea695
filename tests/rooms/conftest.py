"""A local Daily, and a provider that calls it; coroutines are run by asyncio.run()."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rooms.daily_server import KEY, DailyServer, running

from bookingdb.rooms.daily import DailyRooms

Provider = Callable[..., DailyRooms]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine function to its end."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    parameters = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in parameters}))
    return True


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def daily() -> Iterator[DailyServer]:
    with running() as server:
        yield server


@pytest.fixture
def provider(daily: DailyServer) -> Provider:
    def make(api_key: str = KEY, **options: Any) -> DailyRooms:
        return DailyRooms(api_key, **{"base_url": daily.url, **options})

    return make


@pytest.fixture
def rooms(provider: Provider) -> DailyRooms:
    return provider()
