"""The functions of all modules, and what they return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from bookingdb.functions._acore import AsyncCoreFunctions
from bookingdb.functions._agusmester import AsyncGusmesterFunctions
from bookingdb.functions._core import CoreFunctions
from bookingdb.functions._gusmester import GusmesterFunctions
from bookingdb.functions.core import BookingStatsRow, EnsureProfileResult, ErasePersonResult, VerifyInvariantsRow
from bookingdb.functions.gusmester import (
    AdjustEmployeePointsResult,
    AssignSessionEmployeeResult,
    AvailableGuestSpotsRow,
    BookGuestForSessionResult,
    BookGusmesterSpotResult,
    CancelGuestBookingResult,
    CancelGusmesterBookingResult,
    CancelGusSessionResult,
    CreateGusSessionResult,
    GetEmployeePointsRow,
    GetPointsHistoryRow,
    MyGusmesterBookingsRow,
    MyHostingSessionsRow,
    ReleaseGuestSpotResult,
    UnassignSessionEmployeeResult,
)

__all__ = [
    "AdjustEmployeePointsResult",
    "AssignSessionEmployeeResult",
    "AsyncFunctions",
    "AvailableGuestSpotsRow",
    "BookGuestForSessionResult",
    "BookGusmesterSpotResult",
    "BookingStatsRow",
    "CancelGuestBookingResult",
    "CancelGusSessionResult",
    "CancelGusmesterBookingResult",
    "CreateGusSessionResult",
    "EnsureProfileResult",
    "ErasePersonResult",
    "Functions",
    "GetEmployeePointsRow",
    "GetPointsHistoryRow",
    "MyGusmesterBookingsRow",
    "MyHostingSessionsRow",
    "ReleaseGuestSpotResult",
    "UnassignSessionEmployeeResult",
    "VerifyInvariantsRow",
]


class Functions(CoreFunctions, GusmesterFunctions):
    """Every public function, a method each."""


class AsyncFunctions(AsyncCoreFunctions, AsyncGusmesterFunctions):
    """Every public function, an asynchronous method each."""
