"""A town in which two people have a row in every table that people have rows in, and others look on."""

import json
from typing import Any

from core.class_examples import ClassExamples
from gusmester.calls import run
from gusmester.club import UNKNOWN, Club, Employee
from psycopg import sql
from therapy.clinic import Clinic


class Town:
    """A club, a clinic and two studios."""

    def __init__(self, club: Club) -> None:
        self.club, self.clinic, self.studio = club, Clinic(club.connection), ClassExamples(club.connection)
        self.anna, self.bert = (self._resident(name) for name in ("anna", "bert"))
        elsewhere = ClassExamples(club.connection)
        self._attends(elsewhere, elsewhere.client)
        self._service_rows()
        self.users: dict[str, str] = {
            "anna": self.anna.user_id,
            "bert": self.bert.user_id,
            "owner": self.studio.owner,
            "admin": self.studio.admin,
            "staff": self.studio.staff,
            "owner of another": elsewhere.owner,
            "member": self.studio.member,
            "inactive client": self._inactive_client(),
            "admin of the club": club.admin().user_id,
            "stranger": UNKNOWN,
        }

    def _resident(self, name: str) -> Employee:
        person = self.club.employee()
        connection = self.club.connection
        connection.execute("INSERT INTO profiles (user_id, full_name) VALUES (%s, 'Somebody')", [person.user_id])
        self.club.session(person)
        self.club.book(self.club.released(), person)
        connection.execute("INSERT INTO subscriptions (user_id) VALUES (%s)", [person.user_id])
        run(connection, "allocate_monthly_credits", p_user_id=person.user_id, p_subscription_id=None, p_amount=60)
        self._practises(person.user_id)
        client = run(connection, "convert_lead_to_client", p_lead_id=self.studio.lead(name))["client_id"]
        connection.execute("UPDATE clients SET user_id = %s WHERE id = %s", [person.user_id, client])
        self._attends(self.studio, client)
        return person

    def _practises(self, user_id: str) -> None:
        clinic = self.clinic
        therapist, client = clinic.practitioner("00:00-23:30"), clinic.client(1)
        clinic.insert("practitioners", {"user_id": user_id})
        clinic.works(user_id, "00:00-23:30", weekdays=[1])
        clinic.insert("credit_rates", {"practitioner_id": user_id, "duration_minutes": 60, "credit_cost": 50})
        clinic.closes(user_id, clinic.at(1), clinic.at(2))
        clinic.session(user_id, therapist, clinic.at(10))
        clinic.hold(therapist, clinic.at(15), p_holder_id=client)
        clinic.hold(therapist, clinic.at(17), p_holder_id=user_id)

    def _attends(self, studio: ClassExamples, client: str) -> None:
        """Book a class by a membership and one by a package, and wait for a third."""
        customer = studio.customer | {"p_customer_id": client}
        studio.run("create_membership", **customer, p_name="Spring")
        studio.run("create_package", **customer, p_name="Ten", p_classes_total=10)
        for method in ("membership", "package"):
            studio.run("create_class_booking", **customer, p_class_session_id=studio.class_(), p_payment_method=method)
        full = studio.class_(p_capacity=1)
        studio.book(full, studio.another_lead, "lead")
        studio.run("join_class_waitlist", **customer, p_class_session_id=full)

    def _inactive_client(self) -> str:
        user = self.studio.person()
        saved = {"p_organization_id": self.studio.organization, "p_name": "Ina", "p_email": "ina@x.example"}
        client = self.studio.run("save_client", **saved)["client_id"]
        connection = self.club.connection
        connection.execute("UPDATE clients SET user_id = %s WHERE id = %s", [user, client])
        self.studio.book(self.studio.class_(), client)
        connection.execute("UPDATE clients SET status = 'inactive' WHERE id = %s", [client])
        return user

    def _service_rows(self) -> None:
        connection = self.club.connection
        connection.execute("INSERT INTO subscription_plans (plan, monthly_credits) VALUES ('monthly', 60)")
        event = {"id": "evt_1", "type": "customer.created", "data": {"object": {"id": "cus_1"}}}
        run(connection, "process_stripe_event", p_event=json.dumps(event))
        self.club.adjust(self.anna, 1, p_idempotency_key="key")
        self.club.adjust(self.anna, -1)
        connection.execute("INSERT INTO notification_failures (type, sqlstate, error) VALUES ('hello', '23514', 'No')")
        connection.execute(
            "INSERT INTO notification_archive (id, type, user_id, due_at, status, attempts, created_at)"
            " VALUES (gen_random_uuid(), 'hello', %s, now(), 'sent', 1, now())",
            [self.anna.user_id],
        )

    def rows(self, table: str, condition: str = "true", **names: Any) -> list[tuple[str, str]]:
        """Return place and text of a table's rows, as the owner sees them."""
        query = sql.SQL("SELECT t.ctid::text, t::text FROM {} t WHERE {} ORDER BY 2").format(
            sql.Identifier(table), sql.SQL(condition)
        )
        return self.club.connection.execute(query, names).fetchall()
