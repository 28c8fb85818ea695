"""Webhooks to a real web server: what is posted, who may be posted to, and what counts as delivered."""

import json
import socket
import time
from collections.abc import Iterator

import pytest

from bookingdb.worker import Settings, is_signed, parse_route, sign
from bookingdb.worker.handlers.webhook import WebhookHandler, is_public
from worker.web_server import WebServer, endless, hang_up, never, running, status

SECRET = "a secret of more than sixteen characters"  # noqa: S105

NOT_PUBLIC = """
    127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
    198.18.0.1 192.0.2.1 240.0.0.1 ::1 :: fe80::1 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1
    2002:7f00:1:: 2001::1 ::7f00:1 fec0::1
"""


@pytest.fixture
def web() -> Iterator[WebServer]:
    with running() as server:
        yield server


def hook(url: str) -> WebhookHandler:
    return WebhookHandler(url, SECRET, allow_private=True)


class TestPosts:
    async def test_what_was_queued_signed(self, outbox, work, web):
        queued = outbox.queue("class_cancelled", address="gro@home.example", payload={"name": "Yoga"})
        await work(hook(web.url("/hook?club=1")))
        (post,) = web.posts
        assert post.path == "/hook?club=1"
        assert post.headers["Idempotency-Key"] == str(queued)
        timestamp, signature = post.headers["Bookingdb-Timestamp"], post.headers["Bookingdb-Signature"]
        assert is_signed(SECRET, timestamp, post.body, signature)
        assert not is_signed("another secret", timestamp, post.body, signature)
        body = json.loads(post.body)
        assert (body["notification_id"], body["type"], body["payload"]) == (
            str(queued),
            "class_cancelled",
            {"name": "Yoga"},
        )
        assert outbox.one("status") == ("sent",)

    async def test_with_the_same_key_in_every_attempt(self, outbox, work, web):
        queued = outbox.queue()
        web.answer = status(503)
        await work(hook(web.url()))
        web.answer = status(204)
        outbox.make_due()
        await work(hook(web.url()))
        assert [post.headers["Idempotency-Key"] for post in web.posts] == [str(queued)] * 2
        assert outbox.one("status, attempts") == ("sent", 2)

    async def test_without_waiting_for_a_body(self, outbox, work, web):
        outbox.queue()
        web.answer = endless
        await work(hook(web.url()), timeout=10)
        assert outbox.one("status") == ("sent",)


class TestFailures:
    @pytest.mark.parametrize("code", [301, 307, 401, 403, 404, 408, 409, 429, 500, 503])
    async def test_any_other_answer(self, code, outbox, work, web):
        outbox.queue()
        web.answer = status(code, Location=web.url("/elsewhere"))
        await work(hook(web.url()))
        assert outbox.one("status, last_error") == ("pending", f"the webhook was answered with {code}")
        assert [post.path for post in web.posts] == ["/hook"]

    @pytest.mark.parametrize("code", [400, 410, 413, 415, 422])
    async def test_an_answer_that_refuses_the_request_for_good(self, code, outbox, work, web):
        outbox.queue()
        web.answer = status(code)
        worker = await work(hook(web.url()))
        assert outbox.one("status, last_error") == ("dead", f"the webhook was answered with {code}")
        assert (worker.metrics.dead, worker.metrics.failed) == (1, 0)

    async def test_no_answer_in_time(self, outbox, work, web):
        outbox.queue()
        web.answer = never
        await work(hook(web.url()), timeout=0.5)
        assert outbox.one("last_error") == ("the handler took longer than 0.5 s",)

    async def test_a_server_that_hangs_up(self, outbox, work, web):
        outbox.queue()
        web.answer = hang_up
        await work(hook(web.url()))
        (error,) = outbox.one("last_error")
        assert error.startswith("no answer to the webhook (RemoteProtocolError)")

    async def test_no_server(self, outbox, work):
        with running() as web:
            url = web.url()
        outbox.queue()
        await work(hook(url))
        (error,) = outbox.one("last_error")
        assert error.startswith("no answer to the webhook (ConnectError)")

    async def test_no_such_host(self, outbox, work):
        outbox.queue()
        await work(hook("http://nowhere.invalid/"))
        (error,) = outbox.one("last_error")
        assert error.startswith("the webhook's host cannot be resolved")


class TestWhere:
    async def test_private_addresses_are_refused(self, outbox, work, tls):
        with running(tls) as web:
            outbox.queue()
            await work(WebhookHandler(web.url(scheme="https", host="localhost"), SECRET))
            assert web.posts == []
        assert outbox.one("last_error") == ("the webhook's host has an address that is not public",)

    @pytest.mark.parametrize("first", ["93.184.216.34", "127.0.0.1"])
    async def test_one_private_address_among_public_ones_is_enough(self, first, outbox, work, monkeypatch):
        second = {"93.184.216.34": "10.0.0.1", "127.0.0.1": "93.184.216.34"}[first]
        resolve_to(monkeypatch, first, second)
        outbox.queue()
        await work(WebhookHandler("https://club.example/", SECRET))
        assert outbox.one("last_error") == ("the webhook's host has an address that is not public",)

    async def test_the_address_that_was_checked_is_connected_to_by_the_name(
        self, outbox, work, tls, certificate, monkeypatch
    ):
        """Resolved once; the certificate has to be for the name, and the name is what the server is told."""
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        with running(tls) as web:
            asked = resolve_to(monkeypatch, "127.0.0.1")
            outbox.queue()
            await work(hook(web.url(scheme="https", host="localhost")))
            (post,) = web.posts
            assert post.headers["Host"] == f"localhost:{web.server_port}"
        assert asked == ["localhost"]

    async def test_a_certificate_for_another_name(self, outbox, work, tls, certificate, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        with running(tls) as web:
            resolve_to(monkeypatch, "127.0.0.1")
            outbox.queue()
            await work(hook(web.url(scheme="https", host="club.example")))
            assert web.posts == []
        assert outbox.one("status") == ("pending",)

    async def test_the_next_address_when_the_first_does_not_listen(self, outbox, work, web, monkeypatch):
        resolve_to(monkeypatch, "127.0.0.2", "127.0.0.1")
        outbox.queue()
        await work(hook(web.url(host="club.example")))
        assert len(web.posts) == 1

    @pytest.mark.parametrize("address", NOT_PUBLIC.split())
    def test_not_public(self, address):
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34"])
    def test_public(self, address):
        assert is_public(address)

    @pytest.mark.parametrize(
        "url",
        ["", "club.example", "ftp://club.example/", "https://", "https://u:p4ss@club.example/", "https://c.example:x/"],
    )
    def test_an_url_that_is_none(self, url):
        with pytest.raises(ValueError, match=r".+") as refused:
            hook(url)
        assert "p4ss" not in str(refused.value)

    def test_plain_http_needs_allow_private(self):
        with pytest.raises(ValueError, match="https"):
            WebhookHandler("http://club.example/", SECRET)

    def test_settings_come_from_the_environment(self):
        environment = {"BOOKINGDB_WEBHOOK_URL": "https://club.example/", "BOOKINGDB_WEBHOOK_SECRET": SECRET}
        assert isinstance(parse_route("webhook", Settings(None, environment)).handler, WebhookHandler)
        with pytest.raises(ValueError, match="BOOKINGDB_WEBHOOK_SECRET"):
            parse_route("webhook", Settings(None, environment | {"BOOKINGDB_WEBHOOK_SECRET": "short"}))


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Have every web host resolve to these addresses, which no test may ask a real name server for."""
    asked: list[str] = []

    def resolve(host, port, *_rest, **_more):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: real(host, *rest, **more) if is_number(host) else resolve(host, *rest, **more),
    )
    return asked


def is_number(host: object) -> bool:
    return str(host).replace(".", "").isdigit() or str(host).startswith("/")


class TestSignatures:
    def test_are_the_hmac_of_timestamp_and_body(self):
        assert sign("k" * 16, "1700000000", b"{}") == (
            "v1=6d58fb78491a4cd45b0a5944663cf2020c2185a67defd8caec14059846f09e3d"
        )

    @pytest.mark.parametrize(
        ("timestamp", "body", "signature"),
        [(0, b"{ }", None), (-301, b"{}", None), (400, b"{}", None), (0, b"{}", ""), (0, b"{}", "v1=é")]
        + [(words, b"{}", "v1=") for words in ("soon", "²")],
    )
    def test_that_do_not_fit(self, timestamp, body, signature):
        now = int(time.time())
        timestamp = str(now + timestamp) if isinstance(timestamp, int) else timestamp
        assert is_signed(SECRET, str(now), b"{}", sign(SECRET, str(now), b"{}"))
        given = sign(SECRET, timestamp, b"{}") if signature is None else signature
        assert not is_signed(SECRET, timestamp, body, given)
