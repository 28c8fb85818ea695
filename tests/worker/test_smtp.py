"""Mail over a real SMTP server: what arrives, and what happens when it does not."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from bookingdb.worker import Settings, parse_route
from bookingdb.worker._templates import Templates
from bookingdb.worker.handlers.smtp import Server, SmtpHandler, server_from_environment
from worker.mail_server import Mailbox, running

SENDER = "The Club <office@club.example>"
AT = "2090-12-24T17:30:00+00:00"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def smtp(mailbox: Mailbox) -> Iterator[SmtpHandler]:
    with running(mailbox) as port:
        yield SmtpHandler(Server("127.0.0.1", port, "none", SENDER), Templates())


class TestMessages:
    async def test_say_it_in_the_receivers_time_zone(self, outbox, work, smtp, mailbox):
        client, therapist = outbox.person("Anna Berg", timezone="Europe/Oslo"), outbox.person("Bo")
        queued = outbox.queue(
            user_id=client, therapist_id=therapist, payload={"starts_at": AT, "client_id": client, "role": "client"}
        )
        await work(smtp)
        (mail,) = mailbox.messages
        assert mail["Subject"] == "Your session on Sunday, 24 December 2090 is booked"
        assert mail["From"] == SENDER
        assert mail["To"] == f"Anna Berg <{outbox.email_of(client)}>"
        assert mail["Message-ID"] == f"<{queued}@club.example>"
        assert mailbox.senders == ["office@club.example"]
        for kind in ("plain", "html"):
            body = mail.get_body([kind])
            assert body is not None
            assert "your session with Bo is booked for Sunday, 24 December 2090 at 18:30 (Europe/Oslo)" in (
                body.get_content()
            )

    async def test_tell_each_side_of_the_other(self, outbox, work, smtp, mailbox):
        client, therapist = outbox.person("Anna", timezone="Europe/Oslo"), outbox.person("Bo", timezone="Asia/Tokyo")
        queued = outbox.queue(
            "booking_reminder_1h",
            user_id=client,
            therapist_id=therapist,
            payload={"starts_at": AT, "client_id": client},
        )
        await work(smtp)
        (to_client,) = mailbox.to(outbox.email_of(client))
        (to_therapist,) = mailbox.to(outbox.email_of(therapist))
        assert "with Bo begins on Sunday, 24 December 2090 at 18:30" in str(to_client)
        assert "with Anna begins on Monday, 25 December 2090 at 02:30" in str(to_therapist)
        assert to_client["Message-ID"] == f"<{queued}@club.example>"
        assert to_therapist["Message-ID"] == f"<{queued}.{therapist}@club.example>"

    async def test_go_to_addresses_of_people_without_an_account(self, outbox, work, smtp, mailbox):
        outbox.queue("class_cancelled", address="gro@home.example", payload={"name": "Yoga", "starts_at": AT})
        await work(smtp)
        (mail,) = mailbox.to("gro@home.example")
        assert mail["Subject"] == "Yoga on Sunday, 24 December 2090 is cancelled"

    async def test_stay_one_message_whatever_a_name_holds(self, outbox, work, smtp, mailbox):
        evil = "Anna\r\nBcc: all@club.example\r\n\r\n<script>alert(1)</script>"
        client = outbox.person(evil)
        outbox.queue(
            "gus_session_cancelled", user_id=client, payload={"name": evil, "starts_at": AT, "reason": "<b>&</b>"}
        )
        await work(smtp)
        (mail,) = mailbox.messages
        assert mail["Bcc"] is None
        html = mail.get_body(["html"])
        assert html is not None
        assert "<script>" not in html.get_content()
        assert "&lt;script&gt;" in html.get_content()
        assert "&lt;b&gt;&amp;&lt;/b&gt;" in html.get_content()


class TestFailures:
    @pytest.mark.parametrize(
        ("answer", "status"),
        [
            ("550 No such user here", "dead"),
            ("550 5.1.1 No such user here", "dead"),
            ("450 Later, please", "pending"),
            ("554 5.7.1 Relay access denied", "pending"),
        ],
    )
    async def test_a_refused_receiver(self, answer, status, outbox, work, smtp, mailbox):
        anna = outbox.person()
        mailbox.refused[outbox.email_of(anna)] = answer
        outbox.queue(user_id=anna)
        await work(smtp)
        assert outbox.one("status, last_error") == (status, f"the mail server answered {answer[:3]}: {answer[4:]}")

    @pytest.mark.parametrize(
        ("to_client", "to_therapist", "status"),
        [
            ("550 No such user here", "450 Later, please", "pending"),
            ("450 Later, please", "550 No such user here", "pending"),
            ("550 No such user here", "551 Nor here", "dead"),
        ],
    )
    async def test_of_two_receivers_one_who_may_be_reached_later_is_tried_again(
        self, to_client, to_therapist, status, outbox, work, smtp, mailbox
    ):
        client, therapist = outbox.person(), outbox.person()
        mailbox.refused |= {outbox.email_of(client): to_client, outbox.email_of(therapist): to_therapist}
        outbox.queue("booking_reminder_1h", user_id=client, therapist_id=therapist, payload={"starts_at": AT})
        await work(smtp)
        assert outbox.one("status") == (status,)

    async def test_a_receiver_who_was_told_is_not_told_again_because_of_the_other(self, outbox, work, smtp, mailbox):
        client, therapist = outbox.person(), outbox.person()
        mailbox.refused[outbox.email_of(client)] = "450 Later, please"
        outbox.queue("booking_reminder_1h", user_id=client, therapist_id=therapist, payload={"starts_at": AT})
        await work(smtp)
        mailbox.refused.clear()
        outbox.make_due()
        await work(smtp)
        assert len(mailbox.to(outbox.email_of(client))) == 1
        assert len(mailbox.to(outbox.email_of(therapist))) == 1
        assert outbox.one("status") == ("sent",)

    async def test_a_server_that_takes_too_long(self, outbox, work, smtp, mailbox):
        mailbox.slow = True
        outbox.queue()
        await work(smtp, timeout=1)
        assert mailbox.arrived.is_set()
        assert outbox.one("status, last_error") == ("pending", "the handler took longer than 1 s")

    async def test_no_server(self, outbox, work, mailbox):
        with running(mailbox) as port:
            pass
        outbox.queue()
        await work(SmtpHandler(Server("127.0.0.1", port, "none", SENDER), Templates()))
        status, error = outbox.one("status, last_error")
        assert status == "pending"
        assert error.startswith("mail could not be sent (SMTPConnectError)")

    @pytest.mark.parametrize(
        ("address", "status", "error"),
        [
            (None, "pending", "the receiver has no e-mail address"),
            ("no address", "dead", "the receiver's e-mail address is malformed"),
            ("a@b.example\r\nRCPT TO:<c@d.example>", "dead", "the receiver's e-mail address is malformed"),
        ],
    )
    async def test_an_address_that_is_none(self, address, status, error, outbox, work, smtp, mailbox, db):
        anna = outbox.person()
        db.execute("UPDATE profiles SET email = %s WHERE user_id = %s", [address, anna])
        outbox.queue(user_id=anna)
        await work(smtp)
        assert outbox.one("status, last_error") == (status, error)
        assert mailbox.messages == []

    async def test_a_type_without_a_template(self, outbox, work, smtp):
        outbox.queue("create_video_room")
        await work(smtp)
        assert outbox.one("last_error") == ("there is no template create_video_room.txt",)


class TestSecurity:
    async def test_starttls_and_a_password(self, outbox, work, mailbox, tls, certificate, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        with running(mailbox, tls) as port:
            server = Server("127.0.0.1", port, "starttls", SENDER, "club", "s3cret")
            outbox.queue()
            await work(SmtpHandler(server, Templates()))
        assert len(mailbox.messages) == 1

    async def test_a_wrong_password(self, outbox, work, mailbox, tls, certificate, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        with running(mailbox, tls) as port:
            server = Server("127.0.0.1", port, "starttls", SENDER, "club", "wr0ng")
            outbox.queue()
            await work(SmtpHandler(server, Templates()))
        (error,) = outbox.one("last_error")
        assert error.startswith("the mail server answered 535")
        assert "wr0ng" not in error

    async def test_tls_from_the_start(self, outbox, work, mailbox, tls, certificate, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        with running(mailbox, tls, at_once=True) as port:
            outbox.queue()
            await work(SmtpHandler(Server("127.0.0.1", port, "tls", SENDER), Templates()))
        assert len(mailbox.messages) == 1

    @pytest.mark.parametrize("at_once", [True, False])
    async def test_a_certificate_that_nobody_vouches_for(self, at_once, outbox, work, mailbox, tls):
        with running(mailbox, tls, at_once=at_once) as port:
            server = Server("127.0.0.1", port, "tls" if at_once else "starttls", SENDER)
            outbox.queue()
            await work(SmtpHandler(server, Templates()))
        assert outbox.one("status") == ("pending",)
        assert mailbox.messages == []

    async def test_no_mail_without_the_starttls_that_was_asked_for(self, outbox, work, mailbox):
        with running(mailbox) as port:
            outbox.queue()
            await work(SmtpHandler(Server("127.0.0.1", port, "starttls", SENDER), Templates()))
        assert outbox.one("status") == ("pending",)
        assert mailbox.messages == []


class TestEnvironment:
    ENOUGH: ClassVar = {"BOOKINGDB_SMTP_HOST": "mail.example", "BOOKINGDB_SMTP_FROM": SENDER}

    def test_is_enough_with_a_host_and_a_sender(self):
        assert server_from_environment(self.ENOUGH) == Server("mail.example", 587, "starttls", SENDER)

    def test_says_everything(self):
        names = {"PORT": "2525", "SECURITY": "TLS", "USER": "club", "PASSWORD": "s3cret"}
        server = server_from_environment(self.ENOUGH | {f"BOOKINGDB_SMTP_{name}": names[name] for name in names})
        assert server == Server("mail.example", 2525, "tls", SENDER, "club", "s3cret")
        assert "s3cret" not in repr(server)

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"HOST": ""}, "HOST"),
            ({"FROM": ""}, "FROM"),
            ({"FROM": "nobody"}, "FROM"),
            ({"SECURITY": "ssl"}, "SECURITY"),
            ({"PORT": "smtp"}, "PORT"),
            ({"USER": "club"}, "PASSWORD"),
            ({"PASSWORD": "s3cret"}, "USER"),
            ({"USER": "club", "PASSWORD": "s3cret", "SECURITY": "none"}, "SECURITY"),
        ],
    )
    def test_that_makes_no_sense_is_refused(self, change: dict[str, Any], named: str):
        environment = self.ENOUGH | {f"BOOKINGDB_SMTP_{name}": value for name, value in change.items()}
        with pytest.raises(ValueError, match=f"BOOKINGDB_SMTP_{named}") as refused:
            parse_route("smtp", Settings(None, environment))
        assert "s3cret" not in str(refused.value)
