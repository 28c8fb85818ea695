"""The widget in a real browser, where there is one: what a visitor sees, does, and is told."""

from datetime import UTC, datetime, timedelta

import pytest
from support.browser import CHROMIUM, DRIVER, browser

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver")

WEEKDAYS = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
FIRST = "#days section:first-child li:first-child"
BUTTON = f"{FIRST} button"


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    """A window of a German in New York."""
    with browser(tmp_path_factory.mktemp("browser"), "de-DE", "America/New_York") as window:
        window.resize(1100, 900)
        yield window


@pytest.fixture
def visit(window, studio):
    """Open the widget and see its classes."""

    def visit():
        window.open(studio[0])
        window.wait(lambda: window.texts("#days li"))
        return window

    return visit


def fill(window, name="Ida", email="ida@studio.example"):
    window.click(BUTTON)
    window.type("[name=p_name]", name)
    window.type("[name=p_email]", email)


def submit(window):
    window.click("#submit")
    return window.wait(lambda: window.texts("#refusal") or window.texts("#number"))[0]


def bookings(db, class_session_id):
    return db.execute(
        "SELECT l.name, l.email, b.source FROM bookings b JOIN leads l ON l.id = b.customer_id"
        " WHERE b.class_session_id = %s",
        [class_session_id],
    ).fetchall()


def test_dates_are_the_visitors_and_times_the_studios(visit, new_class, db):
    at = (datetime.now(UTC) + timedelta(days=1)).replace(hour=23, minute=30)
    class_session_id = new_class()
    db.execute("UPDATE class_sessions SET starts_at = %s WHERE id = %s", [at, class_session_id])
    ((weekday, start),) = db.execute(
        "SELECT extract(isodow FROM local)::int, to_char(local, 'HH24:MI')"
        " FROM CAST(%s::timestamptz AT TIME ZONE 'Europe/Oslo' AS timestamp) AS local",
        [at],
    ).fetchall()
    window = visit()
    sections = window.texts("#days section")
    ours = next(text for text in sections if "Sunrise" in text)
    assert ours.startswith(WEEKDAYS[weekday - 1])
    assert start in ours
    assert window.texts("#zone") == ["Times are local to Europe/Oslo."]


def test_what_the_database_says_is_text(visit, new_class):
    name = '<img src=x onerror="document.title=1"> & <b>bold</b>'
    new_class(name, instructor_name="<script>document.title=2</script>")
    window = visit()
    assert name in window.texts(f"{FIRST} .name")[0]
    window.click(BUTTON)
    assert window.texts("#title") == [name]
    assert window.run("return [document.title, document.querySelectorAll('main img, main b, main script').length]") == [
        "Book a class",
        0,
    ]


def test_a_booking(visit, new_class, db):
    class_session_id = new_class(capacity=2)
    window = visit()
    assert "2 places left" in window.texts(FIRST)[0]
    fill(window)
    receipt = submit(window)
    assert db.execute("SELECT _widget_receipt(%s, 'ida@studio.example')", [class_session_id]).fetchall() == [(receipt,)]
    assert window.texts("#payment") == ["pending"]
    assert window.run("return document.activeElement.textContent") == "You are booked: Sunrise"
    assert bookings(db, class_session_id) == [("Ida", "ida@studio.example", "widget")]
    window.click("#receipt button")
    window.wait(lambda: "1 place left" in window.texts(FIRST)[0])
    window.wait(lambda: window.run("return document.activeElement.matches(arguments[0])", BUTTON + ", h1"))


def test_an_answer_that_was_lost_books_once(visit, new_class, db, serve, monkeypatch):
    class_session_id = new_class()
    call, lost = serve.Endpoint.call, []

    def lose_the_first(endpoint, function, *parameters):
        answer = call(endpoint, function, *parameters)
        if function == "create_public_booking" and not lost:
            lost.append(answer[1]["receipt"])
            return 503, {}
        return answer

    monkeypatch.setattr(serve.Endpoint, "call", lose_the_first)
    window = visit()
    fill(window)
    assert submit(window).startswith("No answer came")
    assert len(bookings(db, class_session_id)) == 1
    window.reload()
    window.wait(lambda: window.texts("#days li"))
    fill(window)
    assert [submit(window)] == lost
    assert len(bookings(db, class_session_id)) == 1
    assert db.execute("SELECT count(*) FROM idempotency_keys").fetchall() == [(1,)]
    assert window.run("return sessionStorage.length") == 0


def test_refusals_are_told_by_their_reason(visit, new_class, db):
    class_session_id = new_class(capacity=1)
    window = visit()
    fill(window)
    db.execute("UPDATE organizations SET public_booking = false")
    assert submit(window) == "This class can't be booked here."
    db.execute("UPDATE organizations SET public_booking = true")
    db.execute("UPDATE class_sessions SET booking_cutoff = '1 day' WHERE id = %s", [class_session_id])
    assert submit(window) == "Booking for this class is closed."
    window.wait(lambda: window.texts(BUTTON) == ["Closed"])
    db.execute("UPDATE class_sessions SET booking_cutoff = '0' WHERE id = %s", [class_session_id])
    db.execute("UPDATE settings SET widget_bookings_per_email = 1")
    ((other,),) = db.execute("SELECT id FROM class_sessions WHERE taken = 0 LIMIT 1").fetchall()
    book(db, other, "ida@studio.example")
    assert submit(window) == "That were many bookings in a short time. Please try again later."
    book(db, class_session_id, "jon@studio.example")
    assert submit(window) == "This class is full by now."
    window.wait(lambda: window.texts(BUTTON) == ["Full"])


def book(db, class_session_id, email):
    db.execute(
        "SELECT create_public_booking(organization_id, id, 'Somebody', %s) FROM class_sessions WHERE id = %s",
        [email, class_session_id],
    )


def test_a_field_that_is_wrong_is_shown(visit, new_class, db):
    class_session_id = new_class()
    window = visit()
    fill(window, email="nonsense")
    assert submit(window) == "Please give a valid e-mail address."
    assert window.run("return document.activeElement.name + document.activeElement.getAttribute('aria-invalid')") == (
        "p_emailtrue"
    )
    assert bookings(db, class_session_id) == []


def test_a_telephone_is_wide_enough(visit, new_class):
    new_class("A" * 60, instructor_name="B" * 60)
    window = visit()
    window.resize(320, 700)
    try:
        wide = "return document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"
        assert window.run(wide) is False
        window.click(BUTTON)
        assert window.run("return dialog.scrollWidth > dialog.clientWidth") is False
    finally:
        window.resize(1100, 900)


def test_without_classes_it_says_so(visit, window, studio, db):
    db.execute("UPDATE class_sessions SET starts_at = now() + interval '15 days'")
    window.open(studio[0])
    window.wait(lambda: window.texts("#notice p") == ["There are no classes in the next 2 weeks."])
    window.click("#more")
    window.wait(lambda: window.texts("#days li"))


def test_without_a_database_it_can_be_tried_again(window, studio, serve, monkeypatch):
    monkeypatch.setattr(serve.Endpoint, "call", lambda *_: (503, {}))
    window.open(studio[0])
    window.wait(lambda: window.texts("#notice p") == ["The classes could not be loaded."])
    monkeypatch.undo()
    window.click("#notice button")
    window.wait(lambda: window.texts("#days li"))
