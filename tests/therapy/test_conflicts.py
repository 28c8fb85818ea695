"""Scenarios 18 and 19: nobody is booked into two places at once, in whichever role."""

import pytest
from support.refusals import refused


class TestOneTherapist:
    @pytest.mark.parametrize(
        ("at", "minutes", "is_free"),
        [
            ("09:00", 60, True),
            ("09:30", 30, True),
            ("09:30", 31, False),
            ("10:00", 60, False),
            ("10:30", 30, False),
            ("10:59", 15, False),
            ("11:00", 60, True),
            ("08:00", 180, False),
            ("09:00", 15, True),
            ("15:00", 60, True),
        ],
    )
    def test_has_half_open_hours(self, clinic, at, minutes, is_free):
        therapist, day, client = clinic.therapist(), clinic.day(), clinic.client()
        clinic.book(clinic.client(), therapist, day, "10:00")
        if is_free:
            assert clinic.book(client, therapist, day, at, minutes)["success"] is True
        else:
            with refused("slot_taken"):
                clinic.book(client, therapist, day, at, minutes)

    @pytest.mark.parametrize(
        ("days", "at", "is_free"),
        [(3, "23:45", False), (4, "00:00", False), (4, "00:15", False), (4, "00:30", True), (3, "22:30", True)],
    )
    def test_is_busy_past_midnight(self, clinic, days, at, is_free):
        therapist, client = clinic.therapist(), clinic.client()
        clinic.book(clinic.client(), therapist, clinic.day(3), "23:30")
        if is_free:
            assert clinic.book(client, therapist, clinic.day(days), at)["success"] is True
        else:
            with refused("slot_taken"):
                clinic.book(client, therapist, clinic.day(days), at)

    def test_is_busy_past_midnight_from_the_next_day_too(self, clinic, refuses):
        therapist, client = clinic.therapist(), clinic.client()
        clinic.book(clinic.client(), therapist, clinic.day(4), "00:00")
        with refuses("slot_taken"):
            clinic.book(client, therapist, clinic.day(3), "23:30")

    def test_is_free_in_the_morning_when_the_afternoon_is_taken(self, clinic):
        therapist, day = clinic.therapist(), clinic.day()
        clinic.book(clinic.client(), therapist, day, "15:00")
        assert clinic.book(clinic.client(), therapist, day, "09:00")["success"] is True

    def test_of_two_zones_is_one(self, clinic, refuses):
        """The client's other therapist reads another clock at the same moment."""
        client = clinic.client()
        oslo, tokyo = clinic.therapist(timezone="Europe/Oslo"), clinic.therapist(timezone="Asia/Tokyo")
        clinic.book(client, oslo, "2030-01-15", "10:00")
        with refuses("slot_taken"):
            clinic.book(client, tokyo, "2030-01-15", "18:00")
        assert clinic.book(client, tokyo, "2030-01-15", "10:00")["success"] is True

    @pytest.mark.parametrize("status", ["cancelled", "completed", "no_show"])
    def test_is_free_of_what_is_over(self, clinic, status):
        therapist, day = clinic.therapist(), clinic.day()
        clinic.set_status(clinic.book(clinic.client(), therapist, day, "10:00")["session_id"], status)
        assert clinic.book(clinic.client(), therapist, day, "10:00")["success"] is True

    @pytest.mark.parametrize("status", ["scheduled", "confirmed", "in_progress"])
    def test_is_busy_with_what_stands(self, clinic, status, refuses):
        therapist, day, client = clinic.therapist(), clinic.day(), clinic.client()
        clinic.set_status(clinic.book(clinic.client(), therapist, day, "10:00")["session_id"], status)
        with refuses("slot_taken"):
            clinic.book(client, therapist, day, "10:00")


class TestOnePersonInTwoRoles:
    def test_is_not_client_of_two(self, clinic, refuses):
        client, therapist, day = clinic.client(), clinic.therapist(), clinic.day()
        clinic.book(client, clinic.therapist(), day, "10:00")
        with refuses("slot_taken"):
            clinic.book(client, therapist, day, "10:30")

    def test_is_not_therapist_while_a_client(self, clinic, refuses):
        anna, client, day = clinic.therapist(credits=5), clinic.client(), clinic.day()
        clinic.book(anna, clinic.therapist(), day, "10:00")
        with refuses("slot_taken"):
            clinic.book(client, anna, day, "10:30")

    def test_is_not_client_while_a_therapist(self, clinic, refuses):
        anna, therapist, day = clinic.therapist(credits=5), clinic.therapist(), clinic.day()
        clinic.book(clinic.client(), anna, day, "10:00")
        with refuses("slot_taken"):
            clinic.book(anna, therapist, day, "09:30")

    def test_does_not_see_the_other_crosswise(self, clinic, refuses):
        anna, bert, day = clinic.therapist(credits=5), clinic.therapist(credits=5), clinic.day()
        clinic.book(anna, bert, day, "10:00")
        with refuses("slot_taken"):
            clinic.book(bert, anna, day, "10:30")

    def test_may_change_roles_from_hour_to_hour(self, clinic):
        anna, bert, day = clinic.therapist(credits=5), clinic.therapist(credits=5), clinic.day()
        clinic.book(anna, bert, day, "10:00")
        assert clinic.book(bert, anna, day, "11:00")["success"] is True
