"""For every public function a call that works: tests of rules that hold for all functions start from these."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from credits.bank import Bank
from gusmester.calls import ask, run
from gusmester.club import Club, Employee
from therapy.clinic import ALWAYS, Clinic

from core.class_examples import ClassExamples

COMMANDS = (
    "add_availability_exception",
    "adjust_employee_points",
    "allocate_monthly_credits",
    "assign_session_employee",
    "attach_session_room",
    "book_guest_for_session",
    "book_gusmester_spot",
    "cancel_class_booking",
    "cancel_class_session",
    "cancel_guest_booking",
    "cancel_gus_session",
    "cancel_gusmester_booking",
    "cancel_session",
    "check_in_booking",
    "complete_notification",
    "complete_session",
    "confirm_session",
    "convert_lead_to_client",
    "create_class_booking",
    "create_class_series",
    "create_class_session",
    "create_gus_session",
    "create_membership",
    "create_package",
    "create_peer_booking",
    "create_public_booking",
    "create_session_with_credit_deduction",
    "credits_transfer",
    "end_membership",
    "enqueue_notification",
    "ensure_profile",
    "erase_person",
    "fail_notification",
    "hold_slot",
    "join_class_waitlist",
    "leave_class_waitlist",
    "mark_booking_no_show",
    "mark_session_no_show",
    "process_peer_booking_credits",
    "process_peer_booking_refund",
    "process_stripe_event",
    "release_guest_spot",
    "release_slot_hold",
    "remove_availability_exception",
    "remove_organization_member",
    "repair_credit_account",
    "requeue_notification",
    "reschedule_session",
    "run_maintenance",
    "save_client",
    "save_lead",
    "set_booking_payment_status",
    "set_organization_role",
    "set_weekly_availability",
    "start_session",
    "unassign_session_employee",
    "update_credit_balance",
    "update_package",
    "update_session_notes",
)
WITHOUT_KEY = ("process_stripe_event", "complete_notification", "fail_notification")
"""Commands that carry their own identity and take no idempotency key."""
HANDING_OUT = ("claim_notifications", "cleanup_orphaned_sessions")
"""Commands that return rows."""
QUERIES = (
    "available_guest_spots",
    "balance_at",
    "booking_stats",
    "caller_client_organizations",
    "caller_employee_id",
    "caller_id",
    "caller_is_service",
    "caller_organizations",
    "caller_persons",
    "check_booking_conflict",
    "class_roster",
    "credit_patterns",
    "find_practitioners",
    "get_available_slots",
    "get_credit_balance",
    "get_credit_transactions",
    "get_customer_payment_methods",
    "get_employee_points",
    "get_points_history",
    "get_practitioner_credit_cost",
    "my_gusmester_bookings",
    "my_hosting_sessions",
    "my_sessions",
    "peer_practitioners",
    "reconcile_credits",
    "upcoming_classes",
    "verify_invariants",
)
CHANGES_NOTHING = ("repair_credit_account", "run_maintenance")
"""Commands whose example finds all as it should be."""
UNRECORDED = ("complete_notification", "fail_notification")
"""Commands of the worker, whose work the queue itself shows."""

EVENT = {
    "id": "evt_1PaIdExample",
    "type": "customer.subscription.updated",
    "created": 1790000000,
    "data": {"object": {"id": "sub_1ExAmple", "object": "subscription", "status": "active"}},
}
"""An event of Stripe's."""
BY_USERS_ONLY = ("ensure_profile", "my_sessions")
"""What the service does not do: the host calls it."""


class Examples:
    """A club in which each of its ``calls`` (function -> arguments) works once, made by the service."""

    def __init__(self, club: Club) -> None:
        self.host: Employee = club.employee(name="Harriet")
        self.booker: Employee = club.employee(name="Boris", points=1000)
        bank = Bank(club.connection)
        self.giver, self.receiver = bank.person(100), bank.person(10)
        clinic = Clinic(club.connection)
        self.client, self.therapist = clinic.client(10), clinic.therapist()
        sessions = [clinic.booked(self.client, self.therapist, f"{48 + 2 * n} hours") for n in range(8)]
        for n, session_id in enumerate(sessions[:2]):
            clinic.pass_time(session_id, f"-{2 + 2 * n} hours")
        peer, other = clinic.practitioner(ALWAYS, credits=1000), clinic.practitioner(ALWAYS)
        unpaid = clinic.session(peer, other, clinic.at(8, days=5), is_peer_booking=True)
        paid = run(
            club.connection,
            "create_peer_booking",
            p_client_id=peer,
            p_practitioner_id=other,
            p_session_date=clinic.day(6),
            p_start_time="10:00",
            p_duration_minutes=60,
            p_session_type="Massage",
        )["session_id"]
        hold = clinic.hold(self.therapist, clinic.at(10, days=9), p_holder_id=self.client)
        closed = clinic.closes(self.therapist, clinic.at(10, days=8), clinic.at(12, days=8))
        leased = [
            row["notification_id"] for row in ask(club.connection, "claim_notifications", p_worker="w", p_limit=3)
        ]
        club.connection.execute(
            "UPDATE notifications SET status = 'dead', leased_by = NULL, leased_until = NULL WHERE id = %s", leased[2:]
        )
        with_guest = club.session(self.host)
        club.book_guest(with_guest)
        now = datetime.now(UTC)
        self.calls: dict[str, dict[str, Any]] = {
            "add_availability_exception": {
                "p_starts_at": now + timedelta(days=20),
                "p_ends_at": now + timedelta(days=21),
                "p_kind": "closed",
                "p_practitioner_id": self.therapist,
            },
            "adjust_employee_points": {"p_employee_id": self.booker.id, "p_amount": 10, "p_reason": "Swept the yard"},
            "allocate_monthly_credits": {
                "p_user_id": self.receiver,
                "p_subscription_id": None,
                "p_amount": 60,
                "p_allocation_type": "monthly",
                "p_period_start": now,
                "p_period_end": now + timedelta(days=30),
            },
            "assign_session_employee": {"p_session_id": club.session(), "p_employee_id": self.host.id},
            "attach_session_room": {"p_session_id": sessions[2], "p_room_url": "https://rooms.example/a"},
            "book_guest_for_session": {
                "p_session_id": club.session(self.host),
                "p_guest_name": "Gustav",
                "p_guest_email": "gustav@home.example",
                "p_guest_phone": "+46 70 1740605",
            },
            "book_gusmester_spot": {"p_session_id": club.released(self.host), "p_employee_id": self.booker.id},
            "cancel_guest_booking": {"p_session_id": with_guest},
            "cancel_gus_session": {"p_session_id": club.session(self.host), "p_reason": "The stove is broken"},
            "cancel_gusmester_booking": {
                "p_booking_id": club.booking(self.booker, club.released(self.host))["booking_id"]
            },
            "cancel_session": {"p_session_id": sessions[3], "p_reason": "Ill"},
            "claim_notifications": {"p_worker": "w", "p_limit": 20, "p_lease": "1 minute"},
            "complete_notification": {"p_notification_id": leased[0], "p_worker": "w"},
            "complete_session": {"p_session_id": sessions[0]},
            "confirm_session": {"p_session_id": sessions[4]},
            "create_gus_session": {
                "p_name": "Morning",
                "p_starts_at": now + timedelta(days=2),
                "p_duration_minutes": 60,
                "p_host_employee_ids": [UUID(self.host.id)],
                "p_location": "By the lake",
                "p_max_participants": 12,
                "p_is_private": False,
            },
            "cleanup_orphaned_sessions": {"p_older_than": "15 minutes"},
            "create_peer_booking": {
                "p_client_id": peer,
                "p_practitioner_id": other,
                "p_session_date": clinic.day(7),
                "p_start_time": "10:00",
                "p_duration_minutes": 60,
                "p_session_type": "Massage",
                "p_notes": "Neck",
            },
            "get_practitioner_credit_cost": {"p_practitioner_id": other, "p_duration_minutes": 60},
            "peer_practitioners": {"p_search": "person", "p_duration_minutes": 60},
            "process_peer_booking_credits": {
                "p_client_id": peer,
                "p_practitioner_id": other,
                "p_session_id": unpaid,
                "p_duration_minutes": 60,
            },
            "process_peer_booking_refund": {"p_session_id": paid, "p_cancellation_reason": "Ill"},
            "create_session_with_credit_deduction": {
                "p_user_id": self.client,
                "p_therapist_id": self.therapist,
                "p_session_date": clinic.day(10),
                "p_session_time": "10:00",
                "p_duration_minutes": 60,
                "p_session_type": "video",
                "p_notes": "Knee",
                "p_title": "Sleep",
            },
            "credits_transfer": {
                "p_from_user_id": self.giver,
                "p_to_user_id": self.receiver,
                "p_amount": 10,
                "p_description": "For the wood",
            },
            "enqueue_notification": {"p_type": "newsletter", "p_user_id": self.client, "p_payload": "{}"},
            "ensure_profile": {"p_full_name": "Harriet", "p_timezone": "Europe/Oslo"},
            "erase_person": {"p_user_id": club.employee(name="Edith").user_id},
            "fail_notification": {"p_notification_id": leased[1], "p_worker": "w", "p_error": "No answer"},
            "hold_slot": {
                "p_practitioner_id": self.therapist,
                "p_starts_at": clinic.at(15, days=9),
                "p_duration_minutes": 60,
                "p_ttl": "5 minutes",
                "p_holder_id": self.client,
            },
            "mark_session_no_show": {"p_session_id": sessions[1]},
            "process_stripe_event": {"p_event": json.dumps(EVENT)},
            "release_guest_spot": {"p_session_id": club.session(self.host)},
            "release_slot_hold": {"p_hold_id": hold["hold_id"]},
            "remove_availability_exception": {"p_exception_id": closed},
            "requeue_notification": {"p_notification_id": leased[2]},
            "reschedule_session": {
                "p_session_id": sessions[5],
                "p_session_date": clinic.day(11),
                "p_start_time": "10:00",
            },
            "run_maintenance": {"p_limit": 1000},
            "set_weekly_availability": {
                "p_rules": json.dumps(
                    [{"weekday": n, "start_time": "00:00", "end_time": "24:00"} for n in range(1, 8)]
                ),
                "p_practitioner_id": self.therapist,
            },
            "start_session": {"p_session_id": sessions[6]},
            "repair_credit_account": {"p_user_id": self.giver, "p_reason": "Found by hand"},
            "unassign_session_employee": {"p_session_id": club.session(self.host), "p_employee_id": self.host.id},
            "update_credit_balance": {
                "p_user_id": self.giver,
                "p_amount": 10,
                "p_transaction_type": "bonus",
                "p_description": "Swept the yard",
                "p_reference_id": None,
                "p_reference_type": "deed",
            },
            "update_session_notes": {"p_session_id": sessions[7], "p_notes": "Hip"},
            "check_booking_conflict": {
                "p_therapist_id": self.therapist,
                "p_session_date": clinic.day(10),
                "p_start_time": "10:00",
                "p_end_time": "11:00",
                "p_exclude_session_id": None,
            },
            "find_practitioners": {"p_search": "person", "p_limit": 50},
            "get_available_slots": {
                "p_practitioner_id": self.therapist,
                "p_from": clinic.at(0, days=10),
                "p_to": clinic.at(24, days=10),
                "p_duration_minutes": 60,
                "p_step_minutes": 60,
            },
            "my_sessions": {"p_from": now, "p_to": now + timedelta(days=7)},
            "available_guest_spots": {"p_employee_id": self.booker.id},
            "balance_at": {"p_user_id": self.giver, "p_at": now},
            "booking_stats": {"p_from": now - timedelta(days=1), "p_to": now + timedelta(days=1)},
            "caller_employee_id": {},
            "caller_id": {},
            "caller_is_service": {},
            "credit_patterns": {"p_from": now - timedelta(days=1), "p_to": now + timedelta(days=1)},
            "get_credit_balance": {"p_user_id": self.giver},
            "get_credit_transactions": {"p_user_id": self.giver, "p_limit": 50, "p_before": 1000},
            "get_employee_points": {"p_employee_id": self.booker.id},
            "get_points_history": {"p_employee_id": self.booker.id, "p_limit": 50},
            "my_gusmester_bookings": {"p_employee_id": self.booker.id},
            "my_hosting_sessions": {"p_employee_id": self.host.id},
            "reconcile_credits": {},
            "verify_invariants": {},
        }
        self.studio = ClassExamples(club.connection)
        self.calls |= self.studio.calls

    def user_id(self, function: str) -> str | None:
        """Return the end user who makes the call, or None for the service."""
        return self.host.user_id if function in BY_USERS_ONLY else None
