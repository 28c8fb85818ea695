"""The functions of all modules, and what they return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from bookingdb.functions._acalendar import AsyncCalendarFunctions
from bookingdb.functions._acore import AsyncCoreFunctions
from bookingdb.functions._acredits import AsyncCreditsFunctions
from bookingdb.functions._agusmester import AsyncGusmesterFunctions
from bookingdb.functions._anotifications import AsyncNotificationsFunctions
from bookingdb.functions._apeer import AsyncPeerFunctions
from bookingdb.functions._atherapy import AsyncTherapyFunctions
from bookingdb.functions._calendar import CalendarFunctions
from bookingdb.functions._core import CoreFunctions
from bookingdb.functions._credits import CreditsFunctions
from bookingdb.functions._gusmester import GusmesterFunctions
from bookingdb.functions._notifications import NotificationsFunctions
from bookingdb.functions._peer import PeerFunctions
from bookingdb.functions._therapy import TherapyFunctions
from bookingdb.functions.calendar import (
    AddAvailabilityExceptionResult,
    AttachSessionRoomResult,
    CancelSessionResult,
    CompleteSessionResult,
    ConfirmSessionResult,
    FindPractitionersRow,
    GetAvailableSlotsRow,
    HoldSlotResult,
    MarkSessionNoShowResult,
    MySessionsRow,
    ReleaseSlotHoldResult,
    RemoveAvailabilityExceptionResult,
    RescheduleSessionResult,
    SetWeeklyAvailabilityResult,
    StartSessionResult,
    UpdateSessionNotesResult,
)
from bookingdb.functions.core import (
    BookingStatsRow,
    EnsureProfileResult,
    ErasePersonResult,
    RunMaintenanceResult,
    VerifyInvariantsRow,
)
from bookingdb.functions.credits import (
    AllocateMonthlyCreditsResult,
    CreditPatternsRow,
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
from bookingdb.functions.notifications import (
    ClaimNotificationsRow,
    CompleteNotificationResult,
    EnqueueNotificationResult,
    FailNotificationResult,
    RequeueNotificationResult,
)
from bookingdb.functions.peer import (
    CleanupOrphanedSessionsRow,
    CreatePeerBookingResult,
    PeerPractitionersRow,
    ProcessPeerBookingCreditsResult,
    ProcessPeerBookingRefundResult,
)
from bookingdb.functions.therapy import CreateSessionWithCreditDeductionResult

__all__ = [
    "AddAvailabilityExceptionResult",
    "AdjustEmployeePointsResult",
    "AllocateMonthlyCreditsResult",
    "AssignSessionEmployeeResult",
    "AsyncFunctions",
    "AttachSessionRoomResult",
    "AvailableGuestSpotsRow",
    "BookGuestForSessionResult",
    "BookGusmesterSpotResult",
    "BookingStatsRow",
    "CancelGuestBookingResult",
    "CancelGusSessionResult",
    "CancelGusmesterBookingResult",
    "CancelSessionResult",
    "ClaimNotificationsRow",
    "CleanupOrphanedSessionsRow",
    "CompleteNotificationResult",
    "CompleteSessionResult",
    "ConfirmSessionResult",
    "CreateGusSessionResult",
    "CreatePeerBookingResult",
    "CreateSessionWithCreditDeductionResult",
    "CreditPatternsRow",
    "CreditsTransferResult",
    "EnqueueNotificationResult",
    "EnsureProfileResult",
    "ErasePersonResult",
    "FailNotificationResult",
    "FindPractitionersRow",
    "Functions",
    "GetAvailableSlotsRow",
    "GetCreditBalanceRow",
    "GetCreditTransactionsRow",
    "GetEmployeePointsRow",
    "GetPointsHistoryRow",
    "HoldSlotResult",
    "MarkSessionNoShowResult",
    "MyGusmesterBookingsRow",
    "MyHostingSessionsRow",
    "MySessionsRow",
    "PeerPractitionersRow",
    "ProcessPeerBookingCreditsResult",
    "ProcessPeerBookingRefundResult",
    "ProcessStripeEventResult",
    "ReconcileCreditsRow",
    "ReleaseGuestSpotResult",
    "ReleaseSlotHoldResult",
    "RemoveAvailabilityExceptionResult",
    "RepairCreditAccountResult",
    "RequeueNotificationResult",
    "RescheduleSessionResult",
    "RunMaintenanceResult",
    "SetWeeklyAvailabilityResult",
    "StartSessionResult",
    "UnassignSessionEmployeeResult",
    "UpdateCreditBalanceResult",
    "UpdateSessionNotesResult",
    "VerifyInvariantsRow",
]


class Functions(
    CoreFunctions,
    NotificationsFunctions,
    CreditsFunctions,
    CalendarFunctions,
    TherapyFunctions,
    PeerFunctions,
    GusmesterFunctions,
):
    """Every public function, a method each."""


class AsyncFunctions(
    AsyncCoreFunctions,
    AsyncNotificationsFunctions,
    AsyncCreditsFunctions,
    AsyncCalendarFunctions,
    AsyncTherapyFunctions,
    AsyncPeerFunctions,
    AsyncGusmesterFunctions,
):
    """Every public function, an asynchronous method each."""
