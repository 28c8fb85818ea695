"""``bookingdb reconcile``: what differs is shown, and repaired when somebody wants it."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import Result
from psycopg.conninfo import make_conninfo

import bookingdb as package
from bookingdb.deploy import migrate

AGREE = "All accounts agree"

Reconcile = Callable[..., Result]


@pytest.fixture
def reconcile(dsn: str, bookingdb: Callable[..., Result]) -> Reconcile:
    """Run the command on the test's database."""
    return lambda *options: bookingdb("reconcile", "--dsn", dsn, *options)


@pytest.fixture
def people(db: psycopg.Connection) -> list[UUID]:
    """Three people in the order of their ids, with 10, 20 and 30 credits."""
    made = sorted(uuid4() for _ in range(3))
    for number, user in enumerate(made, start=1):
        db.execute("INSERT INTO profiles (user_id, full_name) VALUES (%s, 'Somebody')", [user])
        db.execute("SELECT update_credit_balance(%s, %s, 'credit_purchase')", [user, 10 * number])
    return made


@pytest.fixture
def tamper(superuser_dsn: str) -> Callable[..., None]:
    """Run a statement as a superuser with all triggers off: the one way to bring about a difference."""

    def run(statement: str, *values: object) -> None:
        with psycopg.connect(superuser_dsn) as connection:
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(statement, values)

    return run


def lower(amount: int) -> str:
    """Return the statement that takes credits from an account behind its ledger's back."""
    return f"UPDATE credits SET balance = balance - {amount} WHERE user_id = %s"


def entries(db: psycopg.Connection, user: UUID) -> list[tuple[object, ...]]:
    return db.execute(
        "SELECT entry_number, transaction_type, amount, balance_after, description FROM credit_transactions"
        " WHERE user_id = %s ORDER BY entry_number",
        [user],
    ).fetchall()


def everything(db: psycopg.Connection) -> list[tuple[object, ...]]:
    return db.execute(
        "SELECT c::text FROM credits c UNION ALL SELECT t::text FROM credit_transactions t"
        " UNION ALL SELECT a::text FROM audit_log a ORDER BY 1"
    ).fetchall()


def test_nothing_differs(reconcile, people) -> None:
    for options in ([], ["--user", str(people[0])], ["--repair", "--yes"], ["--repair"]):
        result = reconcile(*options)

        assert (result.exit_code, result.stderr) == (0, "")
        assert AGREE in result.stdout


def test_nothing_differs_for_machines(reconcile, people) -> None:
    for options in ([], ["--repair"], ["--repair", "--yes"]):
        result = reconcile("--json", *options)

        assert result.exit_code == 0
        assert json.loads(result.stdout) == {"differences": [], "repaired": [], "refused": []}


def test_differences_are_shown_and_left(reconcile, people, tamper, db) -> None:
    tamper(lower(3), people[0])
    before = everything(db)

    result = reconcile()

    assert result.exit_code == 1
    assert str(people[0]) in result.stdout
    assert str(people[1]) not in result.stdout
    (balance,) = [line for line in result.stdout.splitlines() if " balance " in line]
    assert balance.split() == ["balance", "10", "7"]
    assert "Different in 2 places" in result.stdout
    assert everything(db) == before


def test_differences_for_machines(reconcile, people, tamper) -> None:
    tamper("UPDATE credits SET total_spent = 5 WHERE user_id = %s", people[1])

    result = reconcile("--json")

    assert (result.exit_code, result.stderr) == (1, "")
    assert json.loads(result.stdout)["differences"] == [
        {
            "user_id": str(people[1]),
            "problem": "total_spent",
            "entry_number": None,
            "session_id": None,
            "expected": 0,
            "found": 5,
        }
    ]


def test_one_person(reconcile, people, tamper) -> None:
    tamper(lower(3), people[0])

    assert reconcile("--user", str(people[0])).exit_code == 1
    assert reconcile("--user", str(people[1])).exit_code == 0
    assert reconcile("--user", str(people[1]), "--repair", "--yes").exit_code == 0
    assert reconcile("--user", str(people[0])).exit_code == 1


def test_a_repair(reconcile, people, tamper, db) -> None:
    tamper(lower(3), people[0])
    tamper("UPDATE credits SET balance = balance + 5, total_earned = 1 WHERE user_id = %s", people[1])
    tamper("UPDATE credits SET total_earned = 1 WHERE user_id = %s", people[2])

    result = reconcile("--repair", "--yes", "--reason", "Restored from Monday")

    assert result.exit_code == 0
    assert f"Repaired {people[0]}: adjusted by -3, the balance is 7." in result.stdout
    assert f"Repaired {people[1]}: adjusted by +5, the balance is 25." in result.stdout
    assert f"Repaired {people[2]}: totals counted anew, the balance is 30." in result.stdout
    assert AGREE in result.stdout
    assert entries(db, people[0]) == [
        (1, "credit_purchase", 10, 10, None),
        (2, "adjustment", -3, 7, "Restored from Monday"),
    ]
    assert entries(db, people[1])[1:] == [(2, "adjustment", 5, 25, "Restored from Monday")]
    assert len(entries(db, people[2])) == 1
    assert db.execute("SELECT * FROM verify_invariants()").fetchall() == []

    before = everything(db)
    assert AGREE in reconcile("--repair", "--yes").stdout
    assert everything(db) == before


def test_a_repair_for_machines(reconcile, people, tamper, db) -> None:
    tamper(lower(3), people[0])

    result = reconcile("--repair", "--yes", "--json")

    assert result.exit_code == 0
    document = json.loads(result.stdout)
    ((entry,),) = db.execute("SELECT id FROM credit_transactions WHERE transaction_type = 'adjustment'").fetchall()
    assert document == {
        "differences": [],
        "repaired": [{"user_id": str(people[0]), "amount": -3, "transaction_id": entry, "balance_after": 7}],
        "refused": [],
    }
    assert "{" not in result.stderr


def test_it_asks(reconcile, people, tamper, db, dsn, monkeypatch) -> None:
    tamper(lower(3), people[0])
    tamper("UPDATE credits SET total_earned = 1 WHERE user_id = %s", people[1])
    before = everything(db)
    monkeypatch.setattr("bookingdb.cli.reconcile._is_interactive", lambda: True)
    answers: list[bool] = []

    def confirm(question: str, err: bool) -> bool:
        assert err
        assert everything(db) == before
        return answers.pop()

    monkeypatch.setattr("click.confirm", confirm)

    answers.append(False)
    refused = reconcile("--repair")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "Nothing was repaired." in refused.stderr
    (plan,) = [line for line in refused.stderr.splitlines() if " -3 " in line]
    assert str(people[0]) in plan
    (plan,) = [line for line in refused.stderr.splitlines() if "totals only" in line]
    assert str(people[1]) in plan
    assert everything(db) == before

    answers.append(True)
    assert reconcile("--repair").exit_code == 0
    assert entries(db, people[0])[1][4] == "Reconciled: the ledger follows the account"


def test_nobody_who_could_be_asked(reconcile, people, tamper, db) -> None:
    tamper(lower(3), people[0])
    before = everything(db)

    refused = reconcile("--repair")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "say --yes" in refused.stderr

    for_machines = reconcile("--repair", "--json")
    assert for_machines.exit_code == 2
    assert json.loads(for_machines.stdout)["hint"] == "If this is meant, say --yes."
    assert everything(db) == before


def test_what_cannot_be_repaired_stops_nothing_else(reconcile, people, tamper, db) -> None:
    broken, beyond, fine = people
    tamper("UPDATE credit_transactions SET entry_number = 2 WHERE user_id = %s", broken)
    tamper(lower(3), broken)
    tamper("UPDATE credits SET balance = -1 WHERE user_id = %s", beyond)
    tamper(lower(3), fine)

    result = reconcile("--repair", "--yes")

    assert result.exit_code == 1
    _, _, plan = result.stderr.partition("adjustment")
    assert [line.split(maxsplit=1)[0] for line in plan.splitlines() if "-" in line] == [str(user) for user in people]
    assert [line.split(maxsplit=1)[1].strip() for line in plan.splitlines() if "-" in line] == [
        "none: the ledger is broken in itself",
        "none: no adjustment leads there",
        "-3",
    ]
    assert f"Not repaired {broken}: The ledger is broken in itself; no adjustment repairs that." in result.stdout
    assert f"Not repaired {beyond}: No adjustment leads from 20 to -1 credits." in result.stdout
    assert f"Repaired {fine}: adjusted by -3, the balance is 27." in result.stdout
    assert "Different in" in result.stdout

    again = reconcile("--repair", "--yes", "--json")
    document = json.loads(again.stdout)
    assert again.exit_code == 1
    assert [refused["user_id"] for refused in document["refused"]] == [str(broken), str(beyond)]
    assert document["refused"][0]["hint"].startswith("Look at it with reconcile_credits()")
    assert document["repaired"] == []
    assert {row["user_id"] for row in document["differences"]} == {str(broken), str(beyond)}
    assert len(entries(db, fine)) == 2


def test_an_account_that_is_lost_is_made_again_from_its_ledger(reconcile, people, tamper, db) -> None:
    tamper("DELETE FROM credits WHERE user_id = %s", people[0])

    result = reconcile("--repair", "--yes", "--json")

    assert result.exit_code == 0
    assert "none: the account is made again" in result.stderr
    assert [(row["amount"], row["balance_after"]) for row in json.loads(result.stdout)["repaired"]] == [(0, 10)]
    assert len(entries(db, people[0])) == 1


def test_entries_are_left_to_a_person(reconcile, people, tamper, db) -> None:
    session = uuid4()
    tamper("UPDATE credit_transactions SET session_id = %s WHERE user_id = %s", session, people[0])
    before = everything(db)

    result = reconcile("--repair", "--yes", "--json")

    assert result.exit_code == 1
    ((row),) = json.loads(result.stdout)["differences"]
    assert (row["problem"], row["entry_number"], row["session_id"]) == ("entry_without_session", 1, str(session))
    assert everything(db) == before
    words = reconcile().stdout.split()
    assert {str(people[0]), "entry_without_session", str(session)} <= set(words)


def test_an_account_that_is_locked_is_left_for_the_next_time(reconcile, people, tamper, dsn, db) -> None:
    tamper(lower(3), people[0])
    tamper(lower(3), people[1])
    with psycopg.connect(dsn) as holder:
        holder.execute("SELECT FROM credits WHERE user_id = %s FOR UPDATE", [people[0]])
        result = reconcile("--repair", "--yes", "--lock-timeout", "100ms")

    assert result.exit_code == 1
    assert f"Not repaired {people[0]}: Stopped: somebody held a lock" in result.stdout
    assert f"Repaired {people[1]}" in result.stdout
    assert AGREE in reconcile("--repair", "--yes").stdout


def test_an_error_of_the_database_stops_nothing_else(reconcile, people, tamper, db) -> None:
    tamper(lower(3), people[0])
    tamper(lower(3), people[1])
    db.execute(f"ALTER TABLE credit_transactions ADD CONSTRAINT mine CHECK (user_id <> '{people[0]}') NOT VALID")

    result = reconcile("--repair", "--yes")

    assert result.exit_code == 1
    assert f"Not repaired {people[0]}" in result.stdout
    assert '"mine"' in result.stdout
    assert f"Repaired {people[1]}" in result.stdout


def test_a_connection_that_breaks(reconcile, people, tamper, db) -> None:
    tamper(lower(3), people[0])
    tamper(lower(3), people[1])
    db.execute(
        "CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        " AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'"
    )
    db.execute("CREATE TRIGGER mine BEFORE INSERT ON credit_transactions FOR EACH ROW EXECUTE FUNCTION hang_up()")

    result = reconcile("--repair", "--yes")

    assert result.exit_code == 1
    assert "The connection to the database is gone" in result.stderr
    db.execute("DROP FUNCTION hang_up() CASCADE")
    assert reconcile("--repair", "--yes").exit_code == 0


def test_a_table_that_is_locked(reconcile, people, dsn) -> None:
    with psycopg.connect(dsn) as holder:
        holder.execute("LOCK bookingdb.credits")
        for options in ([], ["--repair", "--yes"]):
            started = time.monotonic()
            stopped = reconcile("--lock-timeout", "100ms", *options)

            assert (stopped.exit_code, stopped.stdout) == (1, "")
            assert "Stopped: somebody held a lock for longer than the lock timeout." in stopped.stderr
            assert 0.1 < time.monotonic() - started < 4
        error = json.loads(reconcile("--lock-timeout", "100ms", "--json").stdout)["error"]
        assert "somebody held a lock" in error


def test_somebody_repaired_it_meanwhile(reconcile, people, tamper, dsn, db, monkeypatch) -> None:
    tamper(lower(3), people[0])

    def repair_first(question: str, err: bool) -> bool:
        with package.connect(dsn) as other:
            assert other.repair_credit_account(people[0], "First").repaired
        return True

    monkeypatch.setattr("bookingdb.cli.reconcile._is_interactive", lambda: True)
    monkeypatch.setattr("click.confirm", repair_first)
    result = reconcile("--repair")

    assert result.exit_code == 0
    assert "Repaired" not in result.stdout
    assert [row[4] for row in entries(db, people[0])] == [None, "First"]


def test_sessions_that_begin_at_another_isolation_level(reconcile, people, tamper, db, dsn) -> None:
    db.execute(f"ALTER DATABASE {db.info.dbname} SET default_transaction_isolation = 'serializable'")
    tamper(lower(3), people[0])

    assert reconcile("--repair", "--yes").exit_code == 0


def test_a_killed_repair_is_finished_by_the_next(people, tamper, dsn, db, reconcile, start) -> None:
    for user in people:
        tamper(lower(3), user)
    with psycopg.connect(dsn) as holder:
        holder.execute("SELECT FROM credits WHERE user_id = %s FOR UPDATE", [people[1]])
        process: subprocess.Popen[str] = start("reconcile", "--repair", "--yes", "--dsn", dsn, "--lock-timeout", "30s")
        deadline = time.monotonic() + 20
        while len(entries(db, people[0])) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert [len(entries(db, user)) for user in people] == [2, 1, 1]

    assert reconcile("--repair", "--yes").exit_code == 0
    assert [len(entries(db, user)) for user in people] == [2, 2, 2]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_ctrl_c(people, tamper, dsn, start, options) -> None:
    for user in people:
        tamper(lower(3), user)
    with psycopg.connect(dsn) as holder:
        holder.execute("SELECT FROM credits WHERE user_id = %s FOR UPDATE", [people[1]])
        process = start("reconcile", "--repair", "--yes", "--dsn", dsn, "--lock-timeout", "30s", *options)
        deadline = time.monotonic() + 20
        waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        with psycopg.connect(dsn, autocommit=True) as watcher:
            while not watcher.execute(waits).fetchone() and time.monotonic() < deadline:
                time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=20)

    assert process.returncode == 1
    assert f"Repaired {people[0]}: adjusted by -3, the balance is 7." in (errors if options else printed)
    assert "Interrupted" in (printed if options else errors)
    assert "Traceback" not in errors


@pytest.mark.parametrize("user", ["", "6f9619ff", "6f9619ff-8b86-4011-b42d-00cf4fc964fg", "Robin"])
def test_a_malformed_uuid(reconcile, user: str) -> None:
    refused = reconcile("--user", user)
    assert refused.exit_code == 2
    assert "--user" in refused.stderr

    error = json.loads(reconcile("--user", user, "--json").stdout)
    assert "--user" in error["error"]


def test_a_reason_without_a_repair(reconcile) -> None:
    refused = reconcile("--reason", "Because")
    assert refused.exit_code == 2
    assert "--repair" in refused.stderr
    assert reconcile("--repair", "--yes", "--reason", " ").exit_code == 2


def test_a_reason_that_is_too_long(reconcile, people, tamper) -> None:
    tamper(lower(3), people[0])

    result = reconcile("--repair", "--yes", "--reason", "x" * 10_001)

    assert result.exit_code == 1
    assert f"Not repaired {people[0]}: p_reason" in result.stdout


def test_a_schema_without_the_module(empty_dsn, bookingdb) -> None:
    migrate(empty_dsn, modules=["gusmester"])
    for options in ([], ["--repair", "--yes"], ["--schema", "elsewhere"]):
        refused = bookingdb("reconcile", "--dsn", empty_dsn, *options)

        assert refused.exit_code == 2
        assert "has no module credits." in refused.stderr
        assert "bookingdb migrate --modules credits" in refused.stderr
    error = json.loads(bookingdb("reconcile", "--dsn", empty_dsn, "--json").stdout)
    assert error["error"] == 'Schema "bookingdb" has no module credits.'


def test_somebody_who_is_not_the_service(dsn, superuser_dsn, bookingdb) -> None:
    with psycopg.connect(superuser_dsn) as connection:
        guest = f"{connection.info.dbname}_guest"
        connection.execute(f'CREATE ROLE "{guest}" LOGIN')
        connection.execute(f'GRANT USAGE ON SCHEMA bookingdb TO "{guest}"')

    refused = bookingdb("reconcile", "--dsn", make_conninfo(dsn, user=guest))

    assert refused.exit_code == 2
    assert "reconcile_credits" in refused.stderr
