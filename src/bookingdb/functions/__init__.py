"""The functions of all modules, and what they return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from bookingdb.functions._acalendar import AsyncCalendarFunctions
from bookingdb.functions._aclasses import AsyncClassesFunctions
from bookingdb.functions._acore import AsyncCoreFunctions
from bookingdb.functions._acredits import AsyncCreditsFunctions
from bookingdb.functions._agusmester import AsyncGusmesterFunctions
from bookingdb.functions._anotifications import AsyncNotificationsFunctions
from bookingdb.functions._apeer import AsyncPeerFunctions
from bookingdb.functions._atherapy import AsyncTherapyFunctions
from bookingdb.functions._calendar import CalendarFunctions
from bookingdb.functions._classes import ClassesFunctions
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
from bookingdb.functions.classes import (
    CancelClassBookingResult,
    CancelClassSessionResult,
    CheckInBookingResult,
    ClassRosterRow,
    ConvertLeadToClientResult,
    CreateClassBookingResult,
    CreateClassSeriesResult,
    CreateClassSessionResult,
    CreateMembershipResult,
    CreatePackageResult,
    CreatePublicBookingResult,
    EndMembershipResult,
    GetCustomerPaymentMethodsRow,
    JoinClassWaitlistResult,
    LeaveClassWaitlistResult,
    MarkBookingNoShowResult,
    RemoveOrganizationMemberResult,
    SaveClientResult,
    SaveLeadResult,
    SetBookingPaymentStatusResult,
    SetOrganizationRoleResult,
    UpcomingClassesRow,
    UpdatePackageResult,
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
    "CancelClassBookingResult",
    "CancelClassSessionResult",
    "CancelGuestBookingResult",
    "CancelGusSessionResult",
    "CancelGusmesterBookingResult",
    "CancelSessionResult",
    "CheckInBookingResult",
    "ClaimNotificationsRow",
    "ClassRosterRow",
    "CleanupOrphanedSessionsRow",
    "CompleteNotificationResult",
    "CompleteSessionResult",
    "ConfirmSessionResult",
    "ConvertLeadToClientResult",
    "CreateClassBookingResult",
    "CreateClassSeriesResult",
    "CreateClassSessionResult",
    "CreateGusSessionResult",
    "CreateMembershipResult",
    "CreatePackageResult",
    "CreatePeerBookingResult",
    "CreatePublicBookingResult",
    "CreateSessionWithCreditDeductionResult",
    "CreditPatternsRow",
    "CreditsTransferResult",
    "EndMembershipResult",
    "EnqueueNotificationResult",
    "EnsureProfileResult",
    "ErasePersonResult",
    "FailNotificationResult",
    "FindPractitionersRow",
    "Functions",
    "GetAvailableSlotsRow",
    "GetCreditBalanceRow",
    "GetCreditTransactionsRow",
    "GetCustomerPaymentMethodsRow",
    "GetEmployeePointsRow",
    "GetPointsHistoryRow",
    "HoldSlotResult",
    "JoinClassWaitlistResult",
    "LeaveClassWaitlistResult",
    "MarkBookingNoShowResult",
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
    "RemoveOrganizationMemberResult",
    "RepairCreditAccountResult",
    "RequeueNotificationResult",
    "RescheduleSessionResult",
    "RunMaintenanceResult",
    "SaveClientResult",
    "SaveLeadResult",
    "SetBookingPaymentStatusResult",
    "SetOrganizationRoleResult",
    "SetWeeklyAvailabilityResult",
    "StartSessionResult",
    "UnassignSessionEmployeeResult",
    "UpcomingClassesRow",
    "UpdateCreditBalanceResult",
    "UpdatePackageResult",
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
    ClassesFunctions,
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
    AsyncClassesFunctions,
):
    """Every public function, an asynchronous method each."""
