"""For every public function a call that works: tests of rules that hold for all functions start from these."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from credits.bank import Bank
from gusmester.club import Club, Employee

COMMANDS = (
    "adjust_employee_points",
    "allocate_monthly_credits",
    "assign_session_employee",
    "book_guest_for_session",
    "book_gusmester_spot",
    "cancel_guest_booking",
    "cancel_gus_session",
    "cancel_gusmester_booking",
    "create_gus_session",
    "credits_transfer",
    "ensure_profile",
    "erase_person",
    "process_stripe_event",
    "release_guest_spot",
    "repair_credit_account",
    "unassign_session_employee",
    "update_credit_balance",
)
WITHOUT_KEY = ("process_stripe_event",)
"""Commands that carry their own identity and take no idempotency key."""
QUERIES = (
    "available_guest_spots",
    "balance_at",
    "booking_stats",
    "caller_employee_id",
    "caller_id",
    "caller_is_service",
    "get_credit_balance",
    "get_credit_transactions",
    "get_employee_points",
    "get_points_history",
    "my_gusmester_bookings",
    "my_hosting_sessions",
    "reconcile_credits",
    "verify_invariants",
)
CHANGES_NOTHING = ("repair_credit_account",)
"""Commands whose example finds all as it should be."""

EVENT = {
    "id": "evt_1PaIdExample",
    "type": "customer.subscription.updated",
    "created": 1790000000,
    "data": {"object": {"id": "sub_1ExAmple", "object": "subscription", "status": "active"}},
}
"""An event of Stripe's."""
BY_USERS_ONLY = ("ensure_profile",)
"""What the service does not do: the host calls it."""


class Examples:
    """A club in which each of its ``calls`` (function -> arguments) works once, made by the service."""

    def __init__(self, club: Club) -> None:
        self.host: Employee = club.employee(name="Harriet")
        self.booker: Employee = club.employee(name="Boris", points=1000)
        bank = Bank(club.connection)
        self.giver, self.receiver = bank.person(100), bank.person(10)
        with_guest = club.session(self.host)
        club.book_guest(with_guest)
        now = datetime.now(UTC)
        self.calls: dict[str, dict[str, Any]] = {
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
            "create_gus_session": {
                "p_name": "Morning",
                "p_starts_at": now + timedelta(days=2),
                "p_duration_minutes": 60,
                "p_host_employee_ids": [UUID(self.host.id)],
                "p_location": "By the lake",
                "p_max_participants": 12,
                "p_is_private": False,
            },
            "credits_transfer": {
                "p_from_user_id": self.giver,
                "p_to_user_id": self.receiver,
                "p_amount": 10,
                "p_description": "For the wood",
            },
            "ensure_profile": {"p_full_name": "Harriet", "p_timezone": "Europe/Oslo"},
            "erase_person": {"p_user_id": club.employee(name="Edith").user_id},
            "process_stripe_event": {"p_event": json.dumps(EVENT)},
            "release_guest_spot": {"p_session_id": club.session(self.host)},
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
            "available_guest_spots": {"p_employee_id": self.booker.id},
            "balance_at": {"p_user_id": self.giver, "p_at": now},
            "booking_stats": {"p_from": now - timedelta(days=1), "p_to": now + timedelta(days=1)},
            "caller_employee_id": {},
            "caller_id": {},
            "caller_is_service": {},
            "get_credit_balance": {"p_user_id": self.giver},
            "get_credit_transactions": {"p_user_id": self.giver, "p_limit": 50, "p_before": 1000},
            "get_employee_points": {"p_employee_id": self.booker.id},
            "get_points_history": {"p_employee_id": self.booker.id, "p_limit": 50},
            "my_gusmester_bookings": {"p_employee_id": self.booker.id},
            "my_hosting_sessions": {"p_employee_id": self.host.id},
            "reconcile_credits": {},
            "verify_invariants": {},
        }

    def user_id(self, function: str) -> str | None:
        """Return the end user who makes the call, or None for the service."""
        return self.host.user_id if function in BY_USERS_ONLY else None
