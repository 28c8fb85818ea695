"""confirm_session(), start_session(), complete_session(), mark_session_no_show(): a session's life and who leads it."""

import pytest

from calendars.practice import UNKNOWN

STATUSES = ["scheduled", "confirmed", "in_progress", "completed", "cancelled", "no_show"]
STEPS = {
    "confirm_session": (["scheduled"], "confirmed", False),
    "start_session": (["scheduled", "confirmed"], "in_progress", False),
    "complete_session": (["scheduled", "confirmed", "in_progress"], "completed", True),
    "mark_session_no_show": (["scheduled", "confirmed"], "no_show", True),
}
"""Command -> from which statuses, to which, and whether after the start only."""

every_step = pytest.mark.parametrize("command", STEPS)


@pytest.fixture
def people(clinic):
    """A client and a therapist."""
    return clinic.client(), clinic.therapist()


@pytest.fixture
def session(clinic, people):
    """A session of theirs that has started."""
    session = clinic.booked(*people)
    clinic.pass_time(session, "-1 minute")
    return session


@every_step
@pytest.mark.parametrize("status", STATUSES)
def test_leads_from_some_statuses_only(clinic, session, refuses, command, status):
    origins, to, _ = STEPS[command]
    clinic.set_status(session, status)
    if status in origins:
        assert clinic.step(command, session) == {"success": True, "session_id": session, "status": to}
        assert clinic.status(session) == to
    else:
        with refuses("invalid_state", status=status):
            clinic.step(command, session)


@every_step
def test_is_the_therapists(clinic, clinic_as, people, session, command):
    assert clinic_as(people[1]).step(command, session)["status"] == STEPS[command][1]


@every_step
def test_is_not_the_clients(clinic_as, people, session, refuses, command):
    client = clinic_as(people[0])
    with refuses("not_allowed"):
        client.step(command, session)


@every_step
def test_is_nothing_to_strangers(clinic, clinic_as, session, refuses, command):
    stranger = clinic_as(clinic.therapist())
    for unknown in (session, UNKNOWN):
        with refuses("not_found", entity="session", id=unknown):
            stranger.step(command, unknown)


@every_step
def test_needs_a_session(clinic, refuses, command):
    with refuses("invalid_input", parameter="p_session_id"):
        clinic.step(command, None)
    with refuses("not_found", id=UNKNOWN):
        clinic.step(command, UNKNOWN)


@every_step
def test_waits_for_the_start_where_it_closes(clinic, people, refuses, command):
    _, to, after_start = STEPS[command]
    with clinic.connection.transaction():
        session = clinic.booked(*people)
        clinic.pass_time(session, "1 microsecond")
        if after_start:
            with refuses("invalid_state", status="scheduled", starts_at=clinic.row(session)["starts_at"]):
                clinic.step(command, session)
            clinic.pass_time(session, "0")
        assert clinic.step(command, session)["status"] == to


@every_step
def test_needs_no_active_people(clinic, people, session, command):
    for person in people:
        clinic.deactivate(person)
    clinic.change(people[1], is_active=False)
    assert clinic.step(command, session)["status"] == STEPS[command][1]


@every_step
def test_moves_no_credits_and_tells_nobody(clinic, people, session, command):
    before = clinic.balance(people[0]), len(clinic.told(session))
    clinic.step(command, session)
    assert (clinic.balance(people[0]), len(clinic.told(session))) == before


@every_step
def test_is_put_on_record_once(clinic, clinic_as, people, session, command):
    clinic_as(people[1]).step(command, session)
    (row,) = clinic.audits(command)
    assert (row["actor_id"], row["entity_id"]) == (people[1], session)


@pytest.mark.parametrize("command", ["complete_session", "mark_session_no_show"])
def test_what_is_closed_takes_no_time(clinic, people, session, command):
    clinic.step(command, session)
    clinic.session(*people, clinic.now())
