"""The functions of all modules, and what they return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from bookingdb.functions._acore import AsyncCoreFunctions
from bookingdb.functions._acredits import AsyncCreditsFunctions
from bookingdb.functions._agusmester import AsyncGusmesterFunctions
from bookingdb.functions._core import CoreFunctions
from bookingdb.functions._credits import CreditsFunctions
from bookingdb.functions._gusmester import GusmesterFunctions
from bookingdb.functions.core import BookingStatsRow, EnsureProfileResult, ErasePersonResult, VerifyInvariantsRow
from bookingdb.functions.credits import (
    AllocateMonthlyCreditsResult,
    CreditsTransferResult,
    GetCreditBalanceRow,
    GetCreditTransactionsRow,
    ProcessStripeEventResult,
    ReconcileCreditsRow,
    RepairCreditAccountResult,
    UpdateCreditBalanceResult,
)
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
    "AllocateMonthlyCreditsResult",
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
    "CreditsTransferResult",
    "EnsureProfileResult",
    "ErasePersonResult",
    "Functions",
    "GetCreditBalanceRow",
    "GetCreditTransactionsRow",
    "GetEmployeePointsRow",
    "GetPointsHistoryRow",
    "MyGusmesterBookingsRow",
    "MyHostingSessionsRow",
    "ProcessStripeEventResult",
    "ReconcileCreditsRow",
    "ReleaseGuestSpotResult",
    "RepairCreditAccountResult",
    "UnassignSessionEmployeeResult",
    "UpdateCreditBalanceResult",
    "VerifyInvariantsRow",
]


class Functions(CoreFunctions, CreditsFunctions, GusmesterFunctions):
    """Every public function, a method each."""


class AsyncFunctions(AsyncCoreFunctions, AsyncCreditsFunctions, AsyncGusmesterFunctions):
    """Every public function, an asynchronous method each."""
