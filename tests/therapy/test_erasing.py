"""erase_person(): what sessions say of somebody goes; who met when, and what it cost, stays."""

import pytest
from core.records import all_text
from gusmester.calls import run
from gusmester.snapshot import nothing_written

SECRETS = ["Nordmann", "knee of kari", "sleep of kari", "kari is ill", "kari@home.example"]


@pytest.fixture
def kari(clinic):
    """A client with a name and an address."""
    return clinic.client(10, full_name="Kari Nordmann", email="kari@home.example")


@pytest.fixture
def therapist(clinic):
    """Her therapist."""
    return clinic.therapist()


@pytest.fixture
def session(clinic, kari, therapist):
    """A session of theirs to come."""
    return clinic.booked(kari, therapist, p_notes="knee of kari", p_title="sleep of kari")


def traces(db):
    """Return the lines of the whole schema that still tell of Kari."""
    return [line for line in all_text(db).splitlines() if any(secret.lower() in line.lower() for secret in SECRETS)]


class TestNothingIsLeft:
    def test_of_notes_titles_and_reasons(self, clinic, clinic_as, db, kari, therapist, session):
        cancelled = clinic.booked(kari, therapist, "72 hours", p_notes="knee of kari")
        clinic_as(kari).cancel(cancelled, p_reason="kari is ill", p_idempotency_key="kari@home.example")
        assert len(traces(db)) > 3
        assert clinic.erase(kari)["erased"] is True
        assert traces(db) == []

    def test_of_what_was_said_to_the_other_party(self, clinic, clinic_as, db, kari, session):
        clinic_as(kari).cancel(session, p_reason="kari is ill")
        clinic.erase(kari)
        assert traces(db) == []

    def test_of_a_therapist(self, clinic, db, therapist, session):
        clinic.write_notes(session, "knee of kari, says Dr. Nordmann")
        clinic.connection.execute("UPDATE profiles SET full_name = NULL, email = NULL")
        clinic.erase(therapist)
        assert traces(db) == []

    def test_to_be_sent(self, clinic, kari, session):
        clinic.erase(kari)
        query = "SELECT DISTINCT status, payload FROM notifications WHERE user_id = %s"
        assert clinic.rows(query, [kari]) == [("withdrawn", {})]

    def test_again_changes_nothing(self, clinic, clinic_as, db, kari, session):
        clinic_as(kari).cancel(session, p_reason="kari is ill")
        clinic.erase(kari)
        with nothing_written(db):
            assert clinic.erase(kari)["erased"] is False


class TestEverythingElseStays:
    def test_who_met_when_and_what_it_cost(self, clinic, kari, session):
        before = clinic.row(session), clinic.entries(session)
        clinic.erase(kari)
        after = clinic.row(session), clinic.entries(session)
        assert {key for key in before[0] if before[0][key] != after[0][key]} == {"notes", "title", "updated_at"}
        assert before[1] == after[1]

    def test_the_notes_of_others(self, clinic, kari, therapist, session):
        other = clinic.booked(therapist=therapist, after="72 hours", p_notes="Hip")
        clinic.erase(kari)
        assert clinic.row(other)["notes"] == "Hip"


class TestAfterwards:
    @pytest.mark.parametrize("who", ["client", "therapist"])
    def test_a_session_to_come_can_still_be_cancelled_with_the_credit_back(self, clinic, kari, therapist, session, who):
        clinic.erase({"client": kari, "therapist": therapist}[who])
        assert clinic.broken_invariants() == []
        assert clinic.cancel(session)["refunded_credits"] == 1
        assert clinic.balance(kari) == 10

    def test_the_other_party_cancels_too(self, clinic, clinic_as, kari, therapist, session):
        clinic.erase(therapist)
        assert clinic_as(kari).cancel(session)["refunded_credits"] == 1

    def test_nobody_books_or_moves(self, clinic, kari, therapist, session, refuses):
        clinic.erase(therapist)
        with refuses("inactive", user_id=therapist):
            clinic.book_in(kari, therapist, "90 hours")
        with refuses("inactive", user_id=therapist):
            clinic.move_to(session, "90 hours")

    def test_a_practitioner_practises_no_more(self, clinic, therapist):
        clinic.erase(therapist)
        query = "SELECT is_active, accepts_peer_bookings FROM practitioners"
        assert clinic.rows(query) == [(False, False)]

    def test_somebody_known_by_a_hold_or_a_session_alone_is_known(self, clinic):
        holder = clinic.client(0)
        clinic.hold(clinic.therapist(), clinic.at(10), p_holder_id=holder)
        assert run(clinic.connection, "erase_person", p_user_id=holder)["erased"] is True
