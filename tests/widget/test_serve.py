"""The widget's development endpoint: it answers as PostgREST does, for somebody who is not signed in."""

import http.client
import json
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import psycopg
import pytest

HEADERS = {"apikey": "anon", "Content-Profile": "bookingdb", "Content-Type": "application/json"}


@pytest.fixture
def post(studio):
    """Call a function; return the status and the answer."""

    def post(function, parameters, **headers):
        body = parameters if isinstance(parameters, bytes) else json.dumps(parameters).encode()
        sent = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urlopen(Request(f"{studio[0]}/rpc/{function}", body, sent)) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, json.load(error)

    return post


@pytest.fixture
def book(post, studio):
    """Book a class by the widget's function."""

    def book(class_session_id, email="ida@studio.example", key=None, **headers):
        return post(
            "create_public_booking",
            {
                "p_organization_id": str(studio[1]),
                "p_class_session_id": str(class_session_id),
                "p_name": "Ida",
                "p_email": email,
                "p_idempotency_key": key,
            },
            **headers,
        )

    return book


def period():
    now = datetime.now(UTC)
    return {"p_from": now.isoformat(), "p_to": (now + timedelta(days=14)).isoformat()}


def reason(answer):
    return json.loads(answer[1]["details"])["reason"]


def test_the_page_knows_its_studio(studio):
    url, organization_id = studio
    with urlopen(url) as response:
        page = response.read().decode()
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    settings = page.split('id="settings">')[1].split("</script>")[0]
    assert json.loads(settings) == {
        "url": "",
        "key": "anon",
        "organization": str(organization_id),
        "schema": "bookingdb",
    }
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{url}/etc/passwd")


def test_classes_are_rows(post, studio):
    status, rows = post("upcoming_classes", {"p_organization_id": str(studio[1])} | period())
    assert status == 200
    assert {row["timezone"] for row in rows} == {"Europe/Oslo"}
    assert {"Morning flow", "Strong"} < {row["name"] for row in rows}
    assert any(row["spots_left"] == 0 for row in rows)
    assert post("upcoming_classes", {"p_organization_id": str(uuid4())} | period())[0] == 404


def test_a_booking_has_the_address_it_came_from(book, new_class, db):
    class_session_id = new_class()
    first = book(class_session_id, key="k")
    assert first[0] == 200
    assert first[1]["payment_status"] == "pending"
    assert book(class_session_id, key="k") == book(class_session_id) == first
    assert db.execute(
        "SELECT source, network_address FROM bookings WHERE class_session_id = %s", [class_session_id]
    ).fetchall() == [("widget", "127.0.0.1")]


def test_nobody_comes_from_elsewhere_by_saying_so(book, new_class, db):
    db.execute("UPDATE settings SET widget_bookings_per_address = 3")
    class_session_id = new_class()
    answers = [
        book(class_session_id, f"ida{n}@studio.example", X_Forwarded_For=f"203.0.113.{n}, 198.51.100.{n}")
        for n in range(4)
    ]
    assert [status for status, _ in answers] == [200, 200, 200, 429]
    assert reason(answers[3]) == "rate_limited"


def test_refusals_have_status_and_reason(book, new_class, db):
    class_session_id = new_class(capacity=1)
    assert book(class_session_id)[0] == 200
    refused = book(class_session_id, "jon@studio.example")
    assert (refused[0], refused[1]["code"], refused[1]["message"]) == (409, "PT409", "This class is full")
    assert reason(refused) == "class_full"
    assert reason(book(new_class(), "nonsense")) == "invalid_input"
    db.execute("UPDATE organizations SET public_booking = false")
    assert reason(book(class_session_id)) == "not_found"


@pytest.mark.parametrize(
    ("function", "parameters", "status", "code"),
    [
        ("class_roster", {"p_class_session_id": str(uuid4())}, 401, "42501"),
        ("cancel_class_booking", {"p_booking_id": str(uuid4())}, 401, "42501"),
        ("verify_invariants", {}, 401, "42501"),
        ("_widget_receipt", {"p_class_session_id": str(uuid4()), "p_email": "a@b"}, 401, "42501"),
        ("pg_sleep", {"seconds": 1}, 404, "42883"),
        ("upcoming_classes", {"p_from": "now"}, 404, "42883"),
        ("upcoming_classes", {"p_from => now()) --": "now"}, 404, "PGRST202"),
        ("upcoming_classes%28%29%3B--", {}, 404, "PGRST202"),
        ("upcoming_classes", {"p_organization_id": "x", "p_from": "now", "p_to": "now"}, 400, "22P02"),
        ("upcoming_classes", {"p_organization_id": {}, "p_from": "now", "p_to": "now"}, 400, None),
        ("upcoming_classes", {"p_organization_id": "\0", "p_from": "now", "p_to": "now"}, 400, None),
    ],
)
def test_what_is_not_public_is_not_done(post, function, parameters, status, code):
    answer = post(function, parameters)
    assert (answer[0], answer[1]["code"]) == (status, code)


def test_requests_that_are_none(post, studio):
    assert post("upcoming_classes", {}, apikey="mine")[0] == 401
    assert post("upcoming_classes", {}, Content_Profile="public")[0] == 406
    assert post("upcoming_classes", b"[]")[0] == 400
    assert post("upcoming_classes", b"\xff")[0] == 400
    assert post("../upcoming_classes", {})[0] == 404
    assert post("upcoming_classes", b" " * 100_001)[0] == 413
    connection = http.client.HTTPConnection(studio[0].removeprefix("http://"))
    connection.putrequest("POST", "/rpc/upcoming_classes")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_database_that_is_gone_may_be_tried_again(serve):
    status, answer = serve.Endpoint("host=127.0.0.1 port=1").call("upcoming_classes", {}, "")
    assert status == 503
    assert answer["details"] is None


def test_the_studio_keeps_every_rule(studio, db):
    assert db.execute("SELECT * FROM verify_invariants()").fetchall() == []


@pytest.mark.parametrize("table", ["leads", "bookings", "organizations", "class_sessions"])
def test_tables_are_closed(table, studio, as_anon):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_anon().execute(f"SELECT * FROM {table}")
