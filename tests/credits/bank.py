"""A small bank to try things in: people, what they earn and spend, and transfers, made by the public functions."""

from datetime import datetime
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
from gusmester.calls import Json, ask, run

UNKNOWN = "00000000-0000-4000-8000-000000000000"
"""An id that nobody has."""

_numbers = count(1)


class Bank:
    """The bank as one caller sees it: every method acts as whoever ``connection`` is.

    What makes people and what looks at tables is for the owner's connection, a service caller.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    # People

    def person(self, balance: int = 0, **columns: str) -> str:
        """Make somebody who has bought this many credits, none and no account by default; return their id."""
        row = {"user_id": str(uuid4()), "full_name": f"Person {next(_numbers)}"} | columns
        self.connection.execute(
            f"INSERT INTO profiles ({', '.join(row)}) VALUES ({', '.join(f'%({name})s' for name in row)})", row
        )
        if balance:
            self.change(row["user_id"], balance)
        return row["user_id"]

    def indebted(self, debt: int) -> str:
        """Make somebody whose earnings were reversed after they had spent them."""
        person = self.person(debt)
        self.change(person, -debt)
        self.change(person, -debt, "session_earning_reversal")
        return person

    # Commands

    def change(self, person: str | None, amount: int | None, kind: str | None = None, **more: Any) -> Json:
        """Add or take credits; a purchase or a payment unless said otherwise."""
        kind = kind or ("session_payment" if amount and amount < 0 else "credit_purchase")
        arguments = {"p_user_id": person, "p_amount": amount, "p_transaction_type": kind}
        return run(self.connection, "update_credit_balance", **arguments | more)

    def transfer(self, giver: str | None, receiver: str | None, amount: int | None, **more: Any) -> Json:
        """Move credits from one person to another."""
        arguments = {"p_from_user_id": giver, "p_to_user_id": receiver, "p_amount": amount}
        return run(self.connection, "credits_transfer", **arguments | more)

    def repair(self, person: str | None, reason: str | None = "Found in a test", **more: Any) -> Json:
        """Bring a ledger to the balance that its account shows."""
        return run(self.connection, "repair_credit_account", p_user_id=person, p_reason=reason, **more)

    # Queries

    def account(self, person: str | None = None) -> Json:
        """Return the one row of somebody's balance."""
        (row,) = ask(self.connection, "get_credit_balance", **({"p_user_id": person} if person else {}))
        return row

    def balance(self, person: str | None = None) -> int:
        """Return how many credits somebody has."""
        balance: int = self.account(person)["balance"]
        return balance

    def statement(self, person: str | None = None, **more: Any) -> list[Json]:
        """Return a page of somebody's entries, newest first."""
        return ask(self.connection, "get_credit_transactions", **({"p_user_id": person} if person else {}), **more)

    def balance_at(self, person: str | None, instant: datetime | str | None) -> int:
        """Return how many credits somebody had."""
        balance: int = self.value("SELECT balance_at(%s, %s::timestamptz)", [person, instant])
        return balance

    def differences(self, person: str | None = None) -> list[Json]:
        """Return what reconcile_credits() finds, of one person or of all."""
        return ask(self.connection, "reconcile_credits", **({"p_user_id": person} if person else {}))

    def broken_invariants(self) -> list[Json]:
        """Return what verify_invariants() finds."""
        return ask(self.connection, "verify_invariants")

    # A look at the tables

    def entries(self, person: str) -> list[tuple[Any, ...]]:
        """Return type, amount and the balance after each of somebody's entries, first to last."""
        return self.rows(
            "SELECT transaction_type, amount, balance_after FROM credit_transactions"
            " WHERE user_id = %s ORDER BY entry_number",
            [person],
        )

    def audits(self, action: str) -> list[Json]:
        """Return the audit rows of a command, oldest first."""
        return [
            row
            for (row,) in self.rows("SELECT to_json(a) FROM audit_log a WHERE a.action = %s ORDER BY a.id", [action])
        ]

    def rows(self, query: Any, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(query, parameters).fetchall()

    def value(self, query: Any, parameters: Any = None) -> Any:
        """Return the first column of a query's one row."""
        (row,) = self.rows(query, parameters)
        return row[0]


def insert_entry(connection: psycopg.Connection, person: str, **columns: Any) -> int:
    """Insert the entry that follows somebody's last one by hand, but for these columns; return how many were taken."""
    return insert_entries(connection, person, columns)


def insert_entries(connection: psycopg.Connection, person: str, *entries: dict[str, Any], clause: str = "") -> int:
    """Insert entries by hand in one statement, each the next of that person's but for the columns that are given."""
    last = connection.execute("SELECT last_entry, balance, updated_at FROM credits WHERE user_id = %s", [person])
    number, balance, moment = last.fetchone() or (0, 0, datetime.fromisoformat("2026-01-01T00:00:00Z"))
    rows = []
    for entry in entries:
        number += 1
        amount = entry.get("amount", 10)
        row = {
            "user_id": person,
            "entry_number": number,
            "transaction_type": "bonus",
            "amount": amount,
            "balance_before": balance,
            "balance_after": balance + amount,
            "transfer_id": None,
            "created_at": moment,
        } | entry
        number, balance = row["entry_number"], row["balance_after"]
        rows.append(row)
    values = ", ".join(f"({', '.join('%s' for _ in row)})" for row in rows)
    statement = f"INSERT INTO credit_transactions ({', '.join(rows[0])}) VALUES {values} {clause}"
    return connection.execute(statement, [value for row in rows for value in row.values()]).rowcount
