"""What notifications say, by the package's templates and by one's own."""

import dataclasses
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from bookingdb.worker import DeliveryError, Notification, Receiver
from bookingdb.worker._templates import SHIPPED, Templates

EVIL = "<img src=x onerror=alert(1)> {{ 7 * 7 }}\n\n& Co"
CLIENT, THERAPIST = uuid4(), uuid4()
NOTIFICATION = Notification(
    id=uuid4(),
    type="booking_confirmation",
    user_id=CLIENT,
    therapist_id=THERAPIST,
    session_id=uuid4(),
    address=None,
    payload={
        "starts_at": "2090-07-01T10:00:00+00:00",
        "ends_at": "2090-07-01T11:00:00+00:00",
        "old_starts_at": "2090-06-30T10:00:00+00:00",
        "credit_cost": 60,
        "refunded_credits": 60,
        "name": "Steam",
        "reason": "The stove is broken",
        "role": "client",
    },
    due_at=datetime.now(UTC),
    attempts=1,
    receivers=(),
    client_name="Anna",
    therapist_name="Bo",
)
RECEIVER = Receiver(CLIENT, "Anna", "anna@home.example", "Europe/Zurich")
SHIPPED_TYPES = sorted(path.stem for path in SHIPPED.glob("*.txt"))


def of_type(notification_type: str, **payload: object) -> Notification:
    return dataclasses.replace(NOTIFICATION, type=notification_type, payload={**NOTIFICATION.payload, **payload})


class TestShipped:
    def test_there_is_one_for_everything_that_people_are_told(self):
        assert set(SHIPPED_TYPES) == {
            "booking_cancelled",
            "booking_confirmation",
            "booking_reminder_1h",
            "booking_reminder_24h",
            "booking_rescheduled",
            "class_booking_confirmation",
            "class_cancelled",
            "class_waitlist_promoted",
            "gus_session_cancelled",
            "gusmester_spot_booked",
            "peer_booking_cancelled_refunded",
            "peer_booking_confirmed_client",
            "peer_booking_confirmed_practitioner",
            "peer_credits_deducted",
            "peer_credits_earned",
        }

    @pytest.mark.parametrize("kind", SHIPPED_TYPES)
    def test_each_says_when_in_the_receivers_time_zone(self, kind):
        rendered = Templates().render(of_type(kind), RECEIVER)
        assert "12:00 (Europe/Zurich)" in rendered.text
        assert "12:00 (Europe/Zurich)" in rendered.html
        assert rendered.text.startswith("Hello Anna,\n\n")
        assert rendered.subject == rendered.subject.strip() != ""

    @pytest.mark.parametrize("kind", SHIPPED_TYPES)
    def test_each_escapes_every_field(self, kind):
        payload = dict.fromkeys(("name", "reason", "credit_cost", "refunded_credits", "class_name", "title"), EVIL)
        notification = dataclasses.replace(of_type(kind, **payload), client_name=EVIL, therapist_name=EVIL)
        rendered = Templates().render(notification, dataclasses.replace(RECEIVER, name=EVIL))
        assert "<img" not in rendered.html
        assert "&lt;img" in rendered.html
        assert "49" not in rendered.html
        assert "\n" not in rendered.subject

    @pytest.mark.parametrize("kind", SHIPPED_TYPES)
    def test_each_does_without_what_is_not_there(self, kind):
        bare = dataclasses.replace(NOTIFICATION, type=kind, payload={}, client_name=None, therapist_name=None)
        rendered = Templates().render(bare, Receiver(None, None, "gro@home.example", "UTC"))
        assert rendered.text.startswith("Hello,\n\n")
        assert "None" not in rendered.subject + rendered.text

    @pytest.mark.parametrize("instant", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "soon", 7, {}, None])
    def test_an_instant_that_is_none_is_left_out(self, instant):
        told = Templates().render(of_type("booking_confirmation", starts_at=instant), RECEIVER)
        assert "Hello Anna" in told.text

    def test_the_therapist_reads_the_clients_name(self):
        rendered = Templates().render(NOTIFICATION, Receiver(THERAPIST, "Bo", None, "UTC"))
        assert "your session with Anna" in rendered.text

    @pytest.mark.parametrize("zone", ["Nowhere/Else", "", "../../etc/passwd", "x" * 300])
    def test_a_time_zone_that_is_none_is_utc(self, zone):
        rendered = Templates().render(NOTIFICATION, dataclasses.replace(RECEIVER, timezone=zone))
        assert "10:00 (UTC)" in rendered.text


class TestOnesOwn:
    def test_come_before_the_shipped_ones_which_serve_the_rest(self, tmp_path):
        (tmp_path / "booking_confirmation.txt").write_text(
            "{% block subject %}Termin am {{ starts_at.day }}.{{ starts_at.month }}.{% endblock %}"
            "{% block body %}Hallo {{ receiver }}{% endblock %}"
        )
        templates = Templates(tmp_path)
        own = templates.render(NOTIFICATION, RECEIVER)
        assert (own.subject, own.text) == ("Termin am 1.7.", "Hallo Anna\n")
        assert "<p>Hallo Anna</p>" in own.html
        assert "is cancelled" in templates.render(of_type("booking_cancelled"), RECEIVER).subject

    def test_may_have_a_page_of_their_own_in_which_fields_are_escaped(self, tmp_path):
        (tmp_path / "booking_confirmation.html").write_text("<h1>{{ name }}</h1>")
        rendered = Templates(tmp_path).render(of_type("booking_confirmation", name="<b>"), RECEIVER)
        assert rendered.html == "<h1>&lt;b&gt;</h1>"

    @pytest.mark.parametrize(
        "body",
        [
            "{{ receiver.__class__.__mro__ }}",
            "{{ payload.clear() }}",
            "{{ nothing.at.all }}",
            "{% if %}",
            "{{ 1 / 0 }}",
            "{% include '/etc/passwd' %}",
            "{% include '../secret' %}",
        ],
    )
    def test_that_are_broken_or_go_too_far_fail(self, body, tmp_path):
        blocks = f"{{% block subject %}}x{{% endblock %}}{{% block body %}}{body}{{% endblock %}}"
        (tmp_path / "booking_confirmation.txt").write_text(blocks)
        with pytest.raises(DeliveryError):
            Templates(tmp_path).render(NOTIFICATION, RECEIVER)

    def test_without_a_body_fail(self, tmp_path):
        (tmp_path / "booking_confirmation.txt").write_text("{% block subject %}x{% endblock %}")
        with pytest.raises(DeliveryError, match="the template is broken"):
            Templates(tmp_path).render(NOTIFICATION, RECEIVER)

    def test_a_type_names_no_file_elsewhere(self, tmp_path):
        (tmp_path / "secret.txt").write_text("{% block subject %}x{% endblock %}{% block body %}x{% endblock %}")
        folder = tmp_path / "templates"
        folder.mkdir()
        with pytest.raises(DeliveryError, match="no template"):
            Templates(folder).render(of_type("../secret"), RECEIVER)
