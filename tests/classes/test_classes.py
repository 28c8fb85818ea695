"""Staff make classes, single ones and weekly ones, and cancel them with everything given back."""

from datetime import UTC, datetime

import pytest
from gusmester.calls import run

from classes.studio import UNKNOWN


def series(studio, first_date="2090-01-02", at="18:00", weeks=3, **more):
    """Make a weekly class; return the starts of its dates in UTC."""
    arguments = {
        "p_organization_id": studio.organization,
        "p_name": "Yoga",
        "p_first_date": first_date,
        "p_start_time": at,
        "p_weeks": weeks,
        "p_duration_minutes": 60,
        "p_capacity": 10,
    } | more
    ids = run(studio.connection, "create_class_series", **arguments)["class_session_ids"]
    starts = dict(studio.rows("SELECT id::text, starts_at FROM class_sessions"))
    return [f"{starts[each].astimezone(UTC):%Y-%m-%d %H:%M}" for each in ids]


SENSELESS = [
    ({"p_organization_id": None}, "p_organization_id"),
    ({"p_name": None}, "p_name"),
    ({"p_name": " "}, "p_name"),
    ({"p_name": "x" * 10_001}, "p_name"),
    ({"p_duration_minutes": None}, "p_duration_minutes"),
    ({"p_duration_minutes": 0}, "p_duration_minutes"),
    ({"p_duration_minutes": 1441}, "p_duration_minutes"),
    ({"p_capacity": None}, "p_capacity"),
    ({"p_capacity": 0}, "p_capacity"),
    ({"p_instructor_name": "x" * 10_001}, "p_instructor_name"),
    ({"p_is_free": None}, "p_is_free"),
    ({"p_booking_cutoff": "-1 second"}, "p_booking_cutoff"),
    ({"p_booking_cutoff": "367 days"}, "p_booking_cutoff"),
    ({"p_booking_cutoff": "1 month"}, "p_booking_cutoff"),
    # As long as nothing, and yet no instant less that is an instant.
    ({"p_booking_cutoff": "-71582788 months 2147483640 days"}, "p_booking_cutoff"),
    ({"p_booking_cutoff": "100000000 days -2400000000 hours"}, "p_booking_cutoff"),
]


class TestAClass:
    def test_is_what_was_said(self, studio, staff_as):
        staff = staff_as()
        starts_at = datetime(2090, 1, 2, 17, 30, tzinfo=UTC)
        class_id = staff.plans(
            p_starts_at=starts_at, capacity=7, p_duration_minutes=75, p_name="Pilates", p_instructor_name="Ida",
            p_is_free=True, p_booking_cutoff="90 minutes",
        )  # fmt: skip
        assert studio.about(
            "class_sessions", class_id, "name", "instructor_name", "duration_minutes", "capacity", "taken", "is_free",
            "booking_cutoff", "status",
        ) == ("Pilates", "Ida", 75, 7, 0, True, "01:30:00", "scheduled")  # fmt: skip
        assert studio.value("SELECT starts_at FROM class_sessions") == starts_at

    @pytest.mark.parametrize(
        ("arguments", "parameter"),
        [
            *SENSELESS,
            ({"p_starts_at": None}, "p_starts_at"),
            ({"p_starts_at": "infinity"}, "p_starts_at"),
            ({"p_starts_at": "2100-01-01Z"}, "p_starts_at"),
            ({"p_starts_at": "1999-12-31Z"}, "p_starts_at"),
        ],
    )
    def test_that_makes_no_sense_is_refused(self, studio, refuses, arguments, parameter):
        with refuses("invalid_input", parameter=parameter):
            studio.plans(**arguments)

    def test_in_the_past_is_refused(self, studio, refuses):
        with studio.connection.transaction():
            for starts_in in ("0", "-1 second"):
                with refuses("in_the_past"):
                    studio.plans(starts_in)
            assert studio.plans("1 second")

    def test_is_made_by_staff(self, studio, studio_as, refuses):
        for user in (studio.client(), studio.staff("member"), studio.staff(organization=studio.opens())):
            stranger = studio_as(user)
            for organization in (studio.organization, UNKNOWN):
                with refuses("not_allowed"):
                    stranger.plans(p_organization_id=organization)
        for role in ("owner", "admin", "staff"):
            assert studio_as(studio.staff(role)).plans()


class TestASeries:
    def test_keeps_its_local_time_when_the_clock_changes(self, studio):
        assert series(studio, "2027-03-07", "18:30") == ["2027-03-07 23:30", "2027-03-14 22:30", "2027-03-21 22:30"]
        assert series(studio, "2027-10-31", "18:30", 2) == ["2027-10-31 22:30", "2027-11-07 23:30"]

    def test_at_an_hour_that_exists_twice_is_the_first(self, studio):
        assert series(studio, "2027-11-07", "01:30", 1) == ["2027-11-07 05:30"]

    def test_over_an_hour_that_does_not_exist_is_not_made_at_all(self, studio, refuses):
        with refuses("nonexistent_local_time", date="2027-03-14"):
            series(studio, "2027-03-07", "02:30")

    def test_does_not_care_about_the_zone_of_the_session(self, studio):
        studio.connection.execute("SET timezone = 'Asia/Tokyo'")
        assert series(studio, "2090-01-02", "00:30", 1) == ["2090-01-02 05:30"]

    def test_is_one_record_of_so_many_classes(self, studio):
        assert len(series(studio, weeks=104)) == 104
        (row,) = studio.audits("create_class_series")
        assert row["details"]["classes"] == 104
        assert studio.rows(
            "SELECT value FROM booking_stats('2000-01-01Z', '2099-01-01Z') WHERE metric = 'classes_created'"
        ) == [(104,)]

    @pytest.mark.parametrize(
        ("arguments", "parameter"),
        [
            *SENSELESS,
            ({"p_first_date": None}, "p_first_date"),
            ({"p_first_date": "infinity"}, "p_first_date"),
            ({"p_first_date": "2099-12-25"}, "p_first_date"),
            ({"p_first_date": "2099-12-31", "p_weeks": 1}, "p_first_date"),
            ({"p_start_time": None}, "p_start_time"),
            ({"p_weeks": None}, "p_weeks"),
            ({"p_weeks": 0}, "p_weeks"),
            ({"p_weeks": 105}, "p_weeks"),
            ({"p_weeks": 2**31 - 1}, "p_weeks"),
        ],
    )
    def test_that_makes_no_sense_is_refused(self, studio, refuses, arguments, parameter):
        with refuses("invalid_input", parameter=parameter):
            run(studio.connection, "create_class_series", **{
                "p_organization_id": studio.organization, "p_name": "Yoga", "p_first_date": "2090-01-02",
                "p_start_time": "18:00", "p_weeks": 3, "p_duration_minutes": 60, "p_capacity": 10,
            } | arguments)  # fmt: skip

    def test_may_end_with_the_day(self, studio):
        assert series(studio, "2099-12-30", "23:59", 1) == ["2099-12-31 04:59"]

    def test_that_begins_in_the_past_is_refused(self, studio, refuses):
        with refuses("in_the_past"):
            series(studio, "2020-01-01")

    def test_is_made_by_staff(self, studio, studio_as, refuses):
        for user in (studio.client(), studio.staff("member"), studio.staff(organization=studio.opens())):
            stranger = studio_as(user)
            with refuses("not_allowed"):
                series(stranger)


class TestCancellingAClass:
    def test_gives_everything_back_at_any_hour_and_tells_everybody(self, studio, staff_as):
        class_id = studio.plans(capacity=4)
        by_package, by_membership, by_card, came, waits = (
            studio.client(), studio.lead(), studio.client(login=False), studio.covered(), studio.client(),
        )  # fmt: skip
        package, membership = studio.package(by_package), studio.membership(by_membership)
        bookings = [
            studio.books(class_id, by_package)["booking_id"],
            studio.books(class_id, by_membership)["booking_id"],
            studio.books(class_id, by_card, "card")["booking_id"],
            studio.books(class_id, came)["booking_id"],
        ]
        studio.checks_in(bookings[3])
        studio.joins(class_id, waits)
        studio.move(class_id, "5 minutes")
        result = staff_as().calls_off(class_id, p_reason="The teacher is ill")
        assert result == {
            "success": True, "class_session_id": class_id, "bookings_cancelled": 4, "uses_returned": 3,
        }  # fmt: skip
        assert {studio.booking(each, "booking_status", "cancellation_reason") for each in bookings} == {
            ("cancelled", "The teacher is ill")
        }
        assert (studio.used(package), studio.uses(membership)) == (0, [])
        assert studio.about("class_sessions", class_id, "status", "taken") == ("cancelled", 0)
        assert studio.value("SELECT status FROM class_waitlist") == "closed"
        for customer in (by_package, by_membership, by_card, came, waits):
            assert studio.told(customer)[-1] == "class_cancelled"
        assert studio.value(
            "SELECT array_agg(DISTINCT payload ->> 'reason') FROM notifications WHERE type = 'class_cancelled'"
        ) == ["The teacher is ill"]
        assert studio.value("SELECT count(*) FROM notifications WHERE type = 'class_cancelled'") == 5

    def test_gives_back_also_what_was_kept_of_those_who_did_not_come(self, studio):
        class_id, client = studio.plans(), studio.client()
        package = studio.package(client)
        studio.misses(studio.books(class_id, client)["booking_id"])
        assert studio.calls_off(class_id)["uses_returned"] == 1
        assert studio.used(package) == 0
        assert studio.told(client)[-1] == "class_cancelled"

    def test_promotes_nobody(self, studio):
        class_id, _ = studio.full()
        studio.joins(class_id, studio.covered())
        studio.calls_off(class_id)
        assert studio.holders(class_id) == []

    def test_leaves_what_was_cancelled_before(self, studio):
        class_id, booking = studio.full()
        studio.cancels(booking)
        assert studio.calls_off(class_id)["bookings_cancelled"] == 0
        assert studio.value("SELECT count(*) FROM notifications WHERE type = 'class_cancelled'") == 0

    def test_that_nobody_booked(self, studio):
        assert studio.calls_off(studio.plans())["uses_returned"] == 0

    @pytest.mark.parametrize("status", ["cancelled", "completed"])
    def test_that_is_over_is_refused(self, studio, refuses, status):
        class_id = studio.plans()
        studio.connection.execute("UPDATE class_sessions SET status = %s", [status])
        with refuses("invalid_state", status=status):
            studio.calls_off(class_id)

    def test_that_is_not_theirs_is_not_found(self, studio, studio_as, refuses):
        class_id = studio.plans()
        for user in (studio.client(), studio.staff("member"), studio.staff(organization=studio.opens())):
            stranger = studio_as(user)
            for each in (class_id, UNKNOWN):
                with refuses("not_found", entity="class_session", id=each):
                    stranger.calls_off(each)

    def test_needs_a_class_and_a_short_reason(self, studio, refuses):
        with refuses("invalid_input", parameter="p_class_session_id"):
            studio.calls_off(None)
        class_id = studio.plans()
        with refuses("invalid_input", parameter="p_reason"):
            studio.calls_off(class_id, p_reason="x" * 10_001)

    def test_tells_one_person_once(self, studio):
        lead = studio.lead()
        class_id = studio.plans(p_is_free=True)
        studio.books(class_id, lead)
        client = studio.turned(lead, email="other@studio.example")
        studio.calls_off(class_id)
        assert studio.told(client) == ["class_cancelled"]
        assert studio.told(lead) == ["class_booking_confirmation"]
