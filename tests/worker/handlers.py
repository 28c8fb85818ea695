"""Handlers that the tests deliver with."""

import asyncio
from collections.abc import Awaitable, Callable

from bookingdb.worker import Notification


class Recorder:
    """Remembers what it was given, and how many it was given at once."""

    def __init__(self, then: Callable[[Notification], Awaitable[None]] | None = None) -> None:
        self.delivered: list[Notification] = []
        self.most_at_once = 0
        self._at_once = 0
        self._then = then
        self.begun = asyncio.Event()

    async def deliver(self, notification: Notification) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        self.begun.set()
        try:
            if self._then:
                await self._then(notification)
            self.delivered.append(notification)
        finally:
            self._at_once -= 1

    @property
    def types(self) -> list[str]:
        return [notification.type for notification in self.delivered]


async def for_ever(_notification: Notification) -> None:
    await asyncio.Event().wait()


def until_open(gate: asyncio.Event) -> Callable[[Notification], Awaitable[None]]:
    """Take as long as the test likes."""

    async def wait(_notification: Notification) -> None:
        await gate.wait()

    return wait
