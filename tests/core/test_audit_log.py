"""Contract section 4: one row per command that changed something, for ever, and nothing personal in it (I10)."""

import psycopg
import pytest
from gusmester.calls import run
from gusmester.snapshot import nothing_written
from support.refusals import refused

from core.examples import CHANGES_NOTHING, COMMANDS, UNRECORDED
from core.records import audited


@pytest.mark.parametrize("table", ["audit_log", "function_versions"])
class TestAppendOnly:
    @pytest.mark.parametrize(
        "change",
        ["UPDATE {} SET action = action", "UPDATE {} SET action = action WHERE false", "DELETE FROM {}", "TRUNCATE {}"],
    )
    def test_nothing_is_changed_even_by_the_owner(self, table, change, db, club):
        club.released()
        with nothing_written(db), pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            db.execute(change.format(table))

    def test_nothing_is_changed_even_by_a_superuser(self, table, superuser_dsn):
        with (
            psycopg.connect(superuser_dsn) as superuser,
            pytest.raises(psycopg.errors.RestrictViolation),
            superuser.transaction(),
        ):
            superuser.execute(f"DELETE FROM {table}")


def test_a_command_that_changes_something_is_one_row(db, examples, caller_of):
    for command in COMMANDS:
        before = audited(db)
        run(caller_of(command), command, **examples.calls[command])
        assert audited(db) == before + (command not in (*CHANGES_NOTHING, *UNRECORDED)), command


def test_a_command_that_changes_nothing_is_no_row(db, examples, caller_of):
    for command in (
        "allocate_monthly_credits",
        "assign_session_employee",
        "convert_lead_to_client",
        "create_public_booking",
        "ensure_profile",
        "erase_person",
        "process_stripe_event",
        "repair_credit_account",
        "set_organization_role",
    ):
        run(caller_of(command), command, **examples.calls[command])
        before = audited(db)
        assert run(caller_of(command), command, **examples.calls[command])["success"]
        assert audited(db) == before, command


def test_a_refused_command_is_no_row(db, club):
    before = audited(db)
    with refused("not_found"):
        club.book("00000000-0000-4000-8000-000000000000", club.employee())
    assert audited(db) == before


def test_a_row_says_who_did_what_to_what(club, club_as):
    host = club.employee()
    session_id = club.session(host)
    club_as(host).release(session_id)
    (row,) = club.audits("release_guest_spot")
    assert (row["actor_id"], row["entity"], row["entity_id"]) == (
        host.user_id,
        "guest_spot",
        club.spot(session_id)["id"],
    )


def test_the_service_is_no_actor(club):
    club.released()
    assert [row["actor_id"] for row in club.audits("release_guest_spot")] == [None]


def test_nothing_personal_is_kept(db, examples, caller_of):
    for command in COMMANDS:
        run(caller_of(command), command, **examples.calls[command])
    log = "\n".join(row for (row,) in db.execute("SELECT a::text FROM audit_log a"))
    personal = ["Harriet", "Boris", "Gustav", "Edith", "Kim", "@", "174060", "stove", "yard", "lake", "Morning"]
    personal += ["Carla", "Leo", "Nina", "Walter", "Cecil", "Lars", "Inga", "knee", "pipe", "Vinyasa", "Summer", "Five"]
    assert [word for word in personal if word.lower() in log.lower()] == []
