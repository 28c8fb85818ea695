"""The worker: takes notifications from the outbox and has handlers deliver them, at least once.

A handler of your own is a function that takes a ``Notification``, or an object whose ``deliver`` does, a coroutine.
"""

from bookingdb.worker._notification import DeliveryError, Handler, Notification, Receiver
from bookingdb.worker._routes import Route, Settings, parse_route
from bookingdb.worker._worker import Options, Worker
from bookingdb.worker.signing import is_signed, sign

__all__ = [
    "DeliveryError",
    "Handler",
    "Notification",
    "Options",
    "Receiver",
    "Route",
    "Settings",
    "Worker",
    "is_signed",
    "parse_route",
    "sign",
]
