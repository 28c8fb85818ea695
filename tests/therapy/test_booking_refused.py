"""create_session_with_credit_deduction(): every refusal, in the contract's order, and that it leaves nothing behind."""

from typing import Any
from uuid import uuid4

import pytest
from calendars.practice import UNKNOWN
from gusmester.calls import Json, run
from gusmester.snapshot import nothing_written
from psycopg import errors
from support.refusals import refused


@pytest.fixture
def right(clinic) -> Json:
    """Arguments that would do; the client has one credit."""
    return {
        "p_user_id": clinic.client(1),
        "p_therapist_id": clinic.therapist(),
        "p_session_date": clinic.day(),
        "p_session_time": "10:00",
        "p_duration_minutes": 60,
        "p_session_type": "video",
        "p_notes": None,
        "p_title": None,
    }


@pytest.fixture
def book(clinic, right):
    """Book with right arguments but for these."""
    return lambda **wrong: run(clinic.connection, "create_session_with_credit_deduction", **right | wrong)


class TestInput:
    @pytest.mark.parametrize("parameter", ["p_user_id", "p_therapist_id", "p_session_date", "p_session_time"])
    def test_must_be_given(self, book, refuses, parameter):
        with refuses("invalid_input", parameter=parameter):
            book(**{parameter: None})

    @pytest.mark.parametrize("minutes", [None, 0, -30, 14, 181, 2**31 - 1, -(2**31)])
    def test_of_minutes_is_15_to_180(self, book, refuses, minutes):
        with refuses("invalid_input", parameter="p_duration_minutes"):
            book(p_duration_minutes=minutes)

    @pytest.mark.parametrize("kind", [None, "", "VIDEO", "massage", "video ", "x" * 10_001])
    def test_of_a_type_is_one_of_four(self, book, refuses, kind):
        with refuses("invalid_input", parameter="p_session_type"):
            book(p_session_type=kind)

    @pytest.mark.parametrize("parameter", ["p_notes", "p_title"])
    def test_of_text_is_10_000_characters_at_most(self, book, refuses, parameter):
        with refuses("invalid_input", parameter=parameter):
            book(**{parameter: "x" * 10_001})
        assert book(**{parameter: "x" * 10_000})["success"] is True

    @pytest.mark.parametrize(
        "day", ["infinity", "-infinity", "1999-12-31", "2100-01-01", "5874897-01-01", "4713-01-01 BC"]
    )
    def test_of_a_date_is_of_this_century(self, book, refuses, day):
        with refuses("invalid_input", parameter="p_session_date"):
            book(p_session_date=day)

    @pytest.mark.parametrize(
        ("parameter", "malformed", "error"),
        [
            ("p_user_id", "me", errors.InvalidTextRepresentation),
            ("p_session_date", "2030-02-30", errors.DatetimeFieldOverflow),
            ("p_session_time", "25:00", errors.DatetimeFieldOverflow),
            ("p_session_time", "noon", errors.InvalidDatetimeFormat),
        ],
    )
    def test_that_is_malformed_never_reaches_the_function(self, clinic, book, parameter, malformed, error):
        with nothing_written(clinic.connection), pytest.raises(error):
            book(**{parameter: malformed})

    def test_of_midnight_as_24_00_is_the_next_days_first_moment(self, clinic, book, right):
        session = book(p_session_time="24:00")["session_id"]
        row = clinic.row(session)
        assert (row["session_date"], row["start_time"]) == (str(clinic.day(4)), "00:00:00")

    def test_names_two_people(self, book, right, refuses):
        with refuses("self_booking") as caught:
            book(p_therapist_id=right["p_user_id"])
        assert caught.value.diag.message_primary == "Cannot book a session with yourself"


class TestPeople:
    def test_who_are_somebody_else_are_not_booked_for(self, clinic, clinic_as, right, refuses):
        stranger = clinic_as(clinic.client())
        for other in (right["p_user_id"], UNKNOWN, right["p_therapist_id"]):
            with refuses("not_allowed"):
                run(stranger.connection, "create_session_with_credit_deduction", **right | {"p_user_id": other})

    def test_who_are_unknown_are_not_found(self, book, refuses):
        for parameter in ("p_user_id", "p_therapist_id"):
            with refuses("not_found", id=UNKNOWN):
                book(**{parameter: UNKNOWN})

    def test_without_a_profile_cannot_book(self, clinic_as, right, refuses):
        nobody = str(uuid4())
        with refuses("not_found", id=nobody):
            run(clinic_as(nobody).connection, "create_session_with_credit_deduction", **right | {"p_user_id": nobody})

    def test_who_are_no_practitioners_are_not_booked(self, clinic, book, refuses):
        other = clinic.client()
        with refuses("not_a_practitioner", user_id=other):
            book(p_therapist_id=other)

    @pytest.mark.parametrize("parameter", ["p_user_id", "p_therapist_id"])
    @pytest.mark.parametrize("change", ["is_active = false", "deleted_at = now()"])
    def test_who_have_left_are_inactive(self, clinic, book, right, refuses, parameter, change):
        clinic.connection.execute(f"UPDATE profiles SET {change} WHERE user_id = %s", [right[parameter]])
        with refuses("inactive", user_id=right[parameter]):
            book()

    def test_who_practise_no_more_are_inactive(self, clinic, book, right, refuses):
        clinic.change(right["p_therapist_id"], is_active=False)
        with refuses("inactive", user_id=right["p_therapist_id"]):
            book()

    def test_who_take_no_peer_bookings_still_have_clients(self, clinic, book, right):
        clinic.change(right["p_therapist_id"], accepts_peer_bookings=False)
        assert book()["success"] is True


class TestMoney:
    def test_of_which_there_is_not_enough(self, clinic, book, refuses):
        client = clinic.client(3)
        clinic.connection.execute("UPDATE settings SET therapy_session_cost = 4")
        with refuses("insufficient_credits", required=4, available=3) as caught:
            book(p_user_id=client)
        assert caught.value.diag.message_primary == "Insufficient credits. Required: 4, available: 3"

    def test_without_an_account_is_none(self, clinic, book, refuses):
        client = clinic.client(0)
        with refuses("insufficient_credits", required=1, available=0):
            book(p_user_id=client)

    def test_that_is_owed_buys_nothing(self, clinic, book, right, refuses):
        client = right["p_user_id"]
        for amount, kind in ((-1, "session_payment"), (-2, "session_earning_reversal")):
            change = {"p_user_id": client, "p_amount": amount, "p_transaction_type": kind}
            run(clinic.connection, "update_credit_balance", **change)
        with refuses("insufficient_credits", required=1, available=0):
            book()


class TestTheOrder:
    """Of several reasons the first of the contract's order is told."""

    @pytest.fixture
    def faults(self, clinic, right) -> list[tuple[str, Json]]:
        """Everything that can be wrong at once, first to last: the reason and the arguments."""
        therapist = clinic.practitioner("08:00-12:00", timezone="Europe/Oslo")
        clinic.closes(therapist, "2030-03-30T00:00Z", "2030-04-02T00:00Z")
        gone = clinic.client(0)
        clinic.deactivate(gone)
        sunday = {"p_session_date": "2030-03-31"}
        return [
            ("invalid_input", {"p_duration_minutes": 0}),
            ("self_booking", {"p_user_id": UNKNOWN}),
            ("not_found", {"p_user_id": gone, "p_therapist_id": UNKNOWN}),
            ("inactive", {"p_user_id": gone}),
            ("not_a_practitioner", {"p_therapist_id": clinic.client()}),
            ("nonexistent_local_time", sunday | {"p_session_time": "02:30"}),
            ("in_the_past", {"p_session_date": "2020-03-29"}),
            ("outside_availability", sunday | {"p_session_time": "13:00"}),
            ("slot_taken", sunday | {"p_session_time": "09:00"}),
            ("insufficient_credits", {"p_user_id": clinic.client(0), "p_therapist_id": therapist}),
        ]

    def test_is_the_contracts(self, book, faults, refuses):
        for i, (reason, _) in enumerate(faults):
            everything: dict[str, Any] = {}
            for _, arguments in reversed(faults[i:]):
                everything |= arguments
            with refuses(reason):
                book(**everything)

    def test_begins_with_the_caller(self, clinic, right, as_anon, connect):
        with nothing_written(clinic.connection), pytest.raises(errors.InsufficientPrivilege):
            run(as_anon(), "create_session_with_credit_deduction", **right)
        nobody = connect()
        nobody.execute("SET ROLE authenticated")
        with nothing_written(clinic.connection), refused("not_authenticated"):
            run(nobody, "create_session_with_credit_deduction", **dict.fromkeys(right), p_idempotency_key="")

    def test_goes_on_with_the_key(self, clinic, book, refuses):
        with refuses("invalid_input", parameter="p_idempotency_key"):
            book(p_duration_minutes=0, p_idempotency_key="")


def test_a_taken_slot_does_not_tell_by_whom(clinic, book, right, refuses):
    other = clinic.client()
    session = clinic.session(other, right["p_therapist_id"], clinic.at(10))
    with refuses("slot_taken") as caught:
        book()
    told = f"{caught.value.diag.message_primary} {caught.value.diag.message_detail}"
    assert caught.value.diag.message_primary == "This time slot is no longer available"
    assert other not in told
    assert session not in told
