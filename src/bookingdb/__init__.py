"""Bookings and credits that can't go wrong: every rule is a PL/pgSQL function, called from here."""

from importlib.metadata import version

from bookingdb._function import DEFAULT
from bookingdb.aclient import AsyncActingUser, AsyncDatabase, aconnect
from bookingdb.client import ActingUser, Database, connect
from bookingdb.errors import (
    AlreadyBooked,
    BookingError,
    ClassFull,
    IdempotencyConflict,
    Inactive,
    InsufficientCredits,
    InsufficientPoints,
    InThePast,
    InvalidInput,
    InvalidState,
    LimitReached,
    NonexistentLocalTime,
    NotAccepting,
    NotAllowed,
    NotAPractitioner,
    NotAuthenticated,
    NotFound,
    OutsideAvailability,
    PaymentRequired,
    RateLimited,
    RetryableError,
    SelfBooking,
    SlotTaken,
    SpotNotAvailable,
    TooLate,
    UnknownFunction,
)

__version__ = version("bookingdb")

__all__ = [
    "DEFAULT",
    "ActingUser",
    "AlreadyBooked",
    "AsyncActingUser",
    "AsyncDatabase",
    "BookingError",
    "ClassFull",
    "Database",
    "IdempotencyConflict",
    "InThePast",
    "Inactive",
    "InsufficientCredits",
    "InsufficientPoints",
    "InvalidInput",
    "InvalidState",
    "LimitReached",
    "NonexistentLocalTime",
    "NotAPractitioner",
    "NotAccepting",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "OutsideAvailability",
    "PaymentRequired",
    "RateLimited",
    "RetryableError",
    "SelfBooking",
    "SlotTaken",
    "SpotNotAvailable",
    "TooLate",
    "UnknownFunction",
    "__version__",
    "aconnect",
    "connect",
]
