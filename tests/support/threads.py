"""Work in another thread, its outcome for later."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

import psycopg
from psycopg.pq import TransactionStatus

T = TypeVar("T")


def in_thread(work: Callable[[], T]) -> "Future[T]":
    """Start ``work`` in a thread that cannot keep a failed test run alive; the future gets its outcome."""
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    return outcome


def cancel(connections: Iterable[psycopg.Connection]) -> None:
    """Cancel the statements that still run."""
    for connection in connections:
        if connection.info.transaction_status is TransactionStatus.ACTIVE:
            connection.cancel_safe(timeout=5)
