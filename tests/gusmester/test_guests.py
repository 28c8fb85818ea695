"""A host gives the guest spot to a guest, and takes it back."""

import pytest

from gusmester.club import UNKNOWN

GUEST = ["guest_name", "guest_email", "guest_phone"]


def guest(club, session):
    """Return the guest's name, e-mail address and phone number."""
    spot = club.spot(session)
    return [spot[column] for column in GUEST]


class TestGivingTheSpotAway:
    def test_the_spot_is_the_guests(self, club):
        session = club.session(club.employee())
        result = club.book_guest(session, "Kim", "kim@example.org", p_guest_phone="+47 123")
        spot = club.spot(session)
        assert result == {"success": True, "guest_spot_id": spot["id"], "status": "booked_by_host"}
        assert spot["status"] == "booked_by_host"
        assert guest(club, session) == ["Kim", "kim@example.org", "+47 123"]

    def test_it_costs_and_earns_nothing(self, club):
        host = club.employee()
        club.book_guest(club.session(host))
        assert club.history(host) == []

    def test_the_phone_number_may_be_left_out(self, club):
        session = club.session(club.employee())
        club.book_guest(session)
        assert guest(club, session)[2] is None

    def test_blanks_around_are_left_out(self, club):
        session = club.session(club.employee())
        club.book_guest(session, " Kim ", " kim@example.org\n", p_guest_phone="  ")
        assert guest(club, session) == ["Kim", "kim@example.org", None]

    def test_the_guest_has_a_name(self, club, refuses):
        session = club.session(club.employee())
        for name in (None, "", " \t\n", "x" * 10_001):
            with refuses("invalid_input", parameter="p_guest_name"):
                club.book_guest(session, name=name)

    def test_the_guest_has_a_plausible_email_address(self, club, refuses):
        session = club.session(club.employee())
        for email in (None, "", "  ", "kim", "@a.org", "kim@", "kim @a.org", "a@b@c", "k" * 309 + "@example.org"):
            with refuses("invalid_input", parameter="p_guest_email"):
                club.book_guest(session, email=email)

    def test_the_longest_texts_are_taken(self, club):
        session = club.session(club.employee())
        longest = ["x" * 10_000, "k" * 308 + "@example.org", "1" * 10_000]
        club.book_guest(session, *longest[:2], p_guest_phone=longest[2])
        assert guest(club, session) == longest

    def test_a_phone_number_has_bounds(self, club, refuses):
        session = club.session(club.employee())
        with refuses("invalid_input", parameter="p_guest_phone"):
            club.book_guest(session, p_guest_phone="1" * 10_001)

    def test_the_session_must_be_given(self, club, refuses):
        with refuses("invalid_input", parameter="p_session_id"):
            club.book_guest(None)

    def test_only_the_host_does(self, club, club_as, refuses):
        host, second, admin = club.employee(), club.employee(), club.admin()
        session = club.session(host, second)
        for somebody in (second, admin):
            with refuses("not_allowed"):
                club_as(somebody).book_guest(session)
        assert club_as(host).book_guest(session)["success"]

    def test_a_host_who_has_left_makes_no_new_booking(self, club, refuses):
        host = club.employee()
        session = club.session(host)
        club.connection.execute("UPDATE employees SET status = 'inactive'")
        with refuses("inactive", user_id=host.user_id):
            club.book_guest(session)

    def test_a_second_guest_is_refused(self, club, refuses):
        session = club.session(club.employee())
        club.book_guest(session)
        with refuses("spot_not_available", status="booked_by_host"):
            club.book_guest(session, "Noa", "noa@example.org")

    def test_a_released_spot_is_no_longer_the_hosts_to_give(self, club, refuses):
        session = club.released()
        with refuses("spot_not_available", status="released_to_public"):
            club.book_guest(session)

    def test_a_spot_booked_by_a_gusmester_is_refused(self, club, club_as, refuses):
        host = club.employee()
        session = club.released(host)
        club.booking(session_id=session)
        with refuses("spot_not_available", status="booked_by_gusmester"):
            club_as(host).book_guest(session)

    def test_a_session_without_a_spot_is_not_found(self, club, refuses):
        session = club.session(club.employee(), p_is_private=True)
        with refuses("not_found", id=session):
            club.book_guest(session)
        with refuses("not_found", entity="session", id=UNKNOWN):
            club.book_guest(UNKNOWN)

    @pytest.mark.parametrize("status", ["cancelled", "completed"])
    def test_a_session_that_is_not_active_is_refused(self, club, refuses, status):
        session = club.session(club.employee())
        club.connection.execute("UPDATE sessions SET status = %s", [status])
        with refuses("invalid_state", status=status):
            club.book_guest(session)

    def test_a_session_that_has_started_is_in_the_past(self, club, refuses):
        session = club.session(club.employee())
        club.move(session, "0")
        with refuses("in_the_past"):
            club.book_guest(session)


class TestTakingTheSpotBack:
    def test_the_spot_is_the_hosts_again_and_forgets_the_guest(self, club):
        session = club.session(club.employee())
        club.book_guest(session, p_guest_phone="+47 123")
        result = club.cancel_guest(session)
        spot = club.spot(session)
        assert result == {"success": True, "guest_spot_id": spot["id"], "status": "reserved_for_host"}
        assert spot["status"] == "reserved_for_host"
        assert guest(club, session) == [None, None, None]

    def test_only_the_host_does(self, club, club_as, refuses):
        host, second, admin = club.employee(), club.employee(), club.admin()
        session = club.session(host, second)
        club.book_guest(session)
        for somebody in (second, admin):
            with refuses("not_allowed"):
                club_as(somebody).cancel_guest(session)
        assert club_as(host).cancel_guest(session)["success"]

    def test_a_host_who_has_left_may_still_take_it_back(self, club, club_as):
        host = club.employee()
        session = club.session(host)
        club.book_guest(session)
        club.connection.execute("UPDATE employees SET status = 'inactive'")
        assert club_as(host).cancel_guest(session)["success"]

    def test_it_can_be_given_away_again(self, club):
        session = club.session(club.employee())
        club.book_guest(session)
        club.cancel_guest(session)
        assert club.book_guest(session)["success"]

    @pytest.mark.parametrize("status", ["reserved_for_host", "released_to_public", "booked_by_gusmester"])
    def test_there_must_be_a_guest(self, club, refuses, status):
        session = club.session(club.employee())
        if status != "reserved_for_host":
            club.release(session)
        if status == "booked_by_gusmester":
            club.booking(session_id=session)
        with refuses("spot_not_available", status=status):
            club.cancel_guest(session)

    def test_a_session_without_a_spot_is_not_found(self, club, refuses):
        session = club.session()
        with refuses("not_found", id=session):
            club.cancel_guest(session)
        with refuses("not_found", entity="session", id=UNKNOWN):
            club.cancel_guest(UNKNOWN)

    def test_the_session_must_be_given(self, club, refuses):
        with refuses("invalid_input", parameter="p_session_id"):
            club.cancel_guest(None)

    def test_a_session_that_is_not_active_is_refused(self, club, refuses):
        session = club.session(club.employee())
        club.book_guest(session)
        club.connection.execute("UPDATE sessions SET status = 'completed'")
        with refuses("invalid_state", status="completed"):
            club.cancel_guest(session)

    def test_the_next_host_gets_it_when_the_old_one_was_taken_off(self, club, club_as):
        host, next_host = club.employee(), club.employee()
        session = club.session(host, next_host)
        club.book_guest(session)
        club.unassign(session, host)
        assert club_as(host).cancel_guest(session)["status"] == "reserved_for_host"
        assert club.host(session) == next_host.id
