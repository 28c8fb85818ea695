"""For every public function of the module classes a call that works, and the people of its studio."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from gusmester.calls import run
from psycopg import sql

from core.records import value


class ClassExamples:
    """A studio in which each of its ``calls`` (function -> arguments) works once, made by its owner or the service."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.organization = self._insert("organizations", name="Studio", slug=str(uuid4()), public_booking=True)
        self.another = self._insert("organizations", name="Barre", slug=str(uuid4()))
        self.owner, self.admin, self.staff, self.member = (self.works_here(role) for role in ROLES)
        self.of_another = self.works_here("owner", self.another)
        self.client_login = self.person()
        self.client = self._insert(
            "clients",
            organization_id=self.organization,
            user_id=self.client_login,
            name="Carla",
            email="carla@x.example",
        )
        self.another_lead = self.lead("leo")
        booked = [self.book(self.class_()) for _ in range(4)]
        cancelled = self.class_()
        self.book(cancelled)
        full = self.class_(p_capacity=1)
        self.book(full, self.another_lead, "lead")
        waiting = self.run("join_class_waitlist", **self.customer, p_class_session_id=full)["waitlist_id"]
        another_full = self.class_(p_capacity=1)
        self.book(another_full, self.another_lead, "lead")
        membership = self.run("create_membership", **self.customer, p_name="Spring")["membership_id"]
        package = self.run("create_package", **self.customer, p_name="Ten", p_classes_total=10)["package_id"]
        now = datetime.now(UTC)
        here, customer = {"p_organization_id": self.organization}, self.customer
        self.calls: dict[str, dict[str, Any]] = {
            "caller_client_organizations": {},
            "caller_organizations": {},
            "caller_persons": {},
            "cancel_class_booking": {"p_booking_id": booked[0], "p_reason": "Bad knee"},
            "cancel_class_session": {"p_class_session_id": cancelled, "p_reason": "Burst pipe"},
            "check_in_booking": {"p_booking_id": booked[1]},
            "class_roster": {"p_class_session_id": full},
            "convert_lead_to_client": {"p_lead_id": self.lead("nina")},
            "create_class_booking": customer
            | {"p_class_session_id": self.class_(), "p_payment_method": "membership", "p_payment_id": membership},
            "create_class_series": here
            | {
                "p_name": "Vinyasa",
                "p_first_date": now.date() + timedelta(days=7),
                "p_start_time": "18:30",
                "p_weeks": 3,
                "p_duration_minutes": 60,
                "p_capacity": 12,
                "p_instructor_name": "Inga",
                "p_is_free": False,
                "p_booking_cutoff": "1 hour",
            },
            "create_class_session": here
            | {
                "p_name": "Vinyasa",
                "p_starts_at": now + timedelta(days=5),
                "p_duration_minutes": 60,
                "p_capacity": 12,
                "p_instructor_name": "Inga",
                "p_is_free": False,
                "p_booking_cutoff": "1 hour",
            },
            "create_membership": customer
            | {
                "p_name": "Summer",
                "p_class_limit": 4,
                "p_period": "week",
                "p_starts_on": now.date(),
                "p_ends_on": now.date() + timedelta(days=90),
            },
            "create_package": customer
            | {"p_name": "Five", "p_classes_total": 5, "p_expires_at": now + timedelta(days=90)},
            "create_public_booking": here
            | {
                "p_class_session_id": self.class_(),
                "p_name": "Walter",
                "p_email": "walter@x.example",
                "p_phone": "+46 70 1740606",
            },
            "end_membership": {"p_membership_id": membership, "p_ends_on": now.date() + timedelta(days=30)},
            "get_customer_payment_methods": customer,
            "join_class_waitlist": customer | {"p_class_session_id": another_full},
            "leave_class_waitlist": {"p_waitlist_id": waiting},
            "mark_booking_no_show": {"p_booking_id": booked[2]},
            "remove_organization_member": here | {"p_user_id": self.works_here("staff")},
            "save_client": here | {"p_name": "Cecil", "p_email": "cecil@x.example", "p_phone": "+46 70 1740607"},
            "save_lead": here | {"p_name": "Lars", "p_email": "lars@x.example", "p_phone": "+46 70 1740608"},
            "set_booking_payment_status": {"p_booking_id": booked[3], "p_payment_status": "paid"},
            "set_organization_role": here | {"p_user_id": self.person(), "p_role": "staff"},
            "upcoming_classes": here | {"p_from": now, "p_to": now + timedelta(days=30)},
            "update_package": {
                "p_package_id": package,
                "p_classes_total": 12,
                "p_expires_at": now + timedelta(days=60),
            },
        }

    @property
    def customer(self) -> dict[str, Any]:
        """The client, in the words of what is done for a customer."""
        return {
            "p_organization_id": self.organization,
            "p_customer_id": self.client,
            "p_customer_type": "client",
        }

    def run(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Run a command as the service."""
        return run(self.connection, command, **arguments)

    def class_(self, **arguments: Any) -> str:
        """Make a class in three days and return its id."""
        details = {
            "p_organization_id": self.organization,
            "p_name": "Hatha",
            "p_starts_at": datetime.now(UTC) + timedelta(days=3),
            "p_duration_minutes": 60,
            "p_capacity": 10,
        }
        made: str = self.run("create_class_session", **details | arguments)["class_session_id"]
        return made

    def book(self, class_session: str, customer: str | None = None, kind: str = "client") -> str:
        """Book a class by card, for the client or somebody else, and return the booking's id."""
        whom = self.customer | ({"p_customer_id": customer, "p_customer_type": kind} if customer else {})
        made: str = self.run("create_class_booking", **whom, p_class_session_id=class_session, p_payment_method="card")[
            "booking_id"
        ]
        return made

    def lead(self, name: str) -> str:
        """Make a lead and return their id."""
        made: str = self.run(
            "save_lead", p_organization_id=self.organization, p_name=name.title(), p_email=f"{name}@x.example"
        )["lead_id"]
        return made

    def works_here(self, role: str, organization: str | None = None) -> str:
        """Make somebody with a role in the studio, or in another organization, and return their login."""
        user = self.person()
        self.connection.execute(
            "INSERT INTO user_organizations (user_id, organization_id, role) VALUES (%s, %s, %s)",
            [user, organization or self.organization, role],
        )
        return user

    def person(self) -> str:
        """Make somebody with a login and return it."""
        return str(
            value(self.connection, "INSERT INTO profiles (user_id) VALUES (gen_random_uuid()) RETURNING user_id")
        )

    def _insert(self, table: str, **row: Any) -> str:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id::text").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(map(sql.Placeholder, row)),
        )
        return str(value(self.connection, statement, row))


ROLES = ("owner", "admin", "staff", "member")
