"""I10: one row of the audit log for everything that changed something, none for anything else."""


def count(club):
    """Return the number of audit rows."""
    return club.value("SELECT count(*) FROM audit_log")


def test_assigning_again_writes_none(club):
    host = club.employee()
    session = club.session(host)
    before = count(club)
    club.assign(session, host)
    assert count(club) == before


def test_cancelling_a_session_writes_one_however_many_it_concerns(club):
    session = club.booking()["session_id"]
    before = count(club)
    club.cancel_session(session)
    assert count(club) == before + 1
    details = club.audits("cancel_gus_session")[-1]["details"]
    assert (details["bookings"], details["points"]) == (1, 150)


def test_a_booking_and_its_cancellation_are_on_record_with_their_points(club):
    bob = club.employee()
    booking = club.booking(bob)
    club.cancel(booking)
    expected = {"session_id": booking["session_id"], "employee_id": bob.id, "points": 150}
    for action in ("book_gusmester_spot", "cancel_gusmester_booking"):
        (row,) = club.audits(action)
        assert (row["entity"], row["entity_id"]) == ("gusmester_booking", booking["booking_id"])
        assert row["details"] == expected


def test_what_the_club_did_is_counted(club):
    """booking_stats() counts audit rows, so it counts effects."""
    host, bob = club.employee(), club.employee()
    session = club.released(host)
    club.cancel(club.book(session, bob))
    club.book(session, bob)
    club.cancel_session(session)
    with_a_guest = club.session(host)
    club.book_guest(with_a_guest)
    club.cancel_session(with_a_guest)
    late = club.session(host, starts_in="1 hour")
    club.release(late)
    guests = club.session(host)
    club.book_guest(guests)
    club.cancel_guest(guests)
    club.adjust(bob, -20)
    club.adjust(bob, 5)
    stats = dict(
        club.rows(
            "SELECT metric, value FROM booking_stats(now() - interval '1 hour', now() + interval '1 hour')"
            " WHERE module = 'gusmester'"
        )
    )
    assert stats == {
        "sessions_created": 4,
        "sessions_cancelled": 2,
        "spots_released": 2,
        "spots_booked": 2,
        "bookings_cancelled": 2,
        "guests_booked": 2,
        "guests_cancelled": 2,
        "points_charged": 300,
        "points_refunded": 300,
        "points_awarded": 150,
        "points_adjusted": -15,
    }


def test_a_refusal_is_counted_though_nothing_of_it_remains(club, refuses):
    bob, session = club.employee(), club.session(club.employee())
    count_of = "SELECT value FROM booking_stats(now(), now()) WHERE metric = 'failures.spot_not_available'"
    before = club.value(count_of)
    with refuses("spot_not_available"):
        club.book(session, bob)
    assert club.value(count_of) == before + 1
