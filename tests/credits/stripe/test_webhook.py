"""examples/stripe_webhook.py behind a real HTTP server: deliveries signed, repeated, forged, and without a database."""

import hashlib
import hmac
import http.client
import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

import psycopg
import pytest
import stripe as stripe_library
from gusmester.snapshot import nothing_written
from psycopg import sql
from psycopg_pool import ConnectionPool
from support.race import race

import bookingdb
from credits.stripe.shop import Stripe, changed, period

EXAMPLE = Path(__file__).parents[3] / "examples" / "stripe_webhook.py"
SECRET = "whsec_example"  # noqa: S105 - a test's


def load():
    """Return the example as a module."""
    spec = importlib.util.spec_from_file_location("stripe_webhook", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Quiet(WSGIRequestHandler):
    """Writes no line per request."""

    def log_message(self, *_):
        pass


@contextmanager
def serving(dsn):
    """Serve the example on a port of its own; yield the port."""
    example = load()
    with ConnectionPool(dsn, open=True, min_size=1, timeout=2, kwargs={"autocommit": True}) as pool:
        webhook = example.StripeWebhook(bookingdb.connect(pool), SECRET)
        with make_server("127.0.0.1", 0, webhook, server_class=example.ThreadingServer, handler_class=Quiet) as server:
            thread = Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield server.server_port
            finally:
                server.shutdown()
                thread.join()


@pytest.fixture
def port(dsn, db):
    """The port on which the example listens."""
    with serving(dsn) as port:
        yield port


@pytest.fixture
def stripe(person):
    """A subscription."""
    return Stripe(person)


def signature(body, secret=SECRET, age=0):
    """Return the header Stripe-Signature, as Stripe's library makes it."""
    moment = int(time.time()) - age
    return stripe_library.WebhookSignature.generate_signature_header(body.decode(), secret, moment)


def post(port, body, header):
    """Deliver a body; return status and text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Content-Type": "application/json"} | ({"Stripe-Signature": header} if header else {})
        connection.request("POST", "/stripe", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def deliver(port, event):
    """Deliver an event as Stripe does: spread over lines, and signed."""
    body = json.dumps(event, indent=2, ensure_ascii=False).encode()
    return post(port, body, signature(body))


class TestSigned:
    def test_events_are_recorded(self, desk, port, stripe):
        checkout, invoice, other = stripe.checkout(), stripe.invoice(), stripe.event("charge_succeeded")
        assert deliver(port, invoice) == (200, "waiting")
        assert deliver(port, checkout) == (200, "bound")
        assert deliver(port, invoice) == (200, "allocated")
        assert deliver(port, other) == (200, "ignored")
        for event in (checkout, invoice, other):
            assert desk.recorded(event)["payload"] == event
        assert desk.allocations(stripe.user) == [(40, *period(0))]

    def test_events_again_and_at_once_allocate_once(self, desk, connect, port, stripe):
        events = [stripe.checkout(), stripe.invoice(), stripe.invoice(kind="invoice.payment_succeeded")]
        for _ in range(3):
            answers = race(9, lambda _: connect(), lambda _, i: deliver(port, events[i % 3]))
            assert [status for status, _ in answers] == [200] * 9
        assert desk.allocations(stripe.user) == [(40, *period(0))]
        assert desk.bank.value("SELECT count(*) FROM payment_events") == 3

    def test_events_that_came_to_nothing_yet_are_recorded_too(self, desk, port, stripe):
        desk.bank.connection.execute("DELETE FROM subscription_plans")
        desk.deliver(stripe.checkout())
        assert deliver(port, stripe.invoice()) == (200, "unknown_price")

    def test_by_the_second_of_two_secrets_while_one_is_replaced(self, port, stripe):
        body = json.dumps(stripe.checkout()).encode()
        moment, first = signature(body, "whsec_new").split(",")
        _, second = signature(body).split(",")
        assert post(port, body, f"{moment},{first},{second}") == (200, "bound")

    def test_what_is_no_event_is_not_taken(self, desk, port):
        for body in (b"{}", b'{"id": "evt_1"}', b'{"id": "evt_1", "type": "invoice.paid", "data": {}}'):
            with nothing_written(desk.bank.connection):
                assert post(port, body, signature(body))[0] == 400

    def test_what_is_no_json_is_not_taken(self, desk, port):
        for body in (b"", b"{", b"invoice"):
            with nothing_written(desk.bank.connection):
                assert post(port, body, signature(body))[0] == 400

    @pytest.mark.parametrize(
        "body",
        [
            b"[1]",
            b"null",
            b'"event"',
            b"7",
            b"[" * 100_000,
            b"\xff",
            b'{"id": "evt_1", "type": "invoice.paid", "data": {"object": {"amount": NaN}}}',
            b'{"id": "evt_1", "type": "invoice.paid", "data": {"object": {"amount": 1e999}}}',
            b'{"id": "evt_1", "type": "invoice.paid", "data": {"object": {"amount": ' + b"1" * 5000 + b"}}}",
            b'{"id": "evt_1", "type": "t", "data": {"object": ' + b'{"a":' * 900 + b"1" + b"}" * 902,
            b'{"id": "evt_1", "type": "t", "data": {"object": ' + b'{"a":' * 90_000 + b"1" + b"}" * 90_002,
        ],
        ids=lambda body: body[:60].decode("latin-1"),
    )
    def test_what_no_database_could_keep_is_not_taken(self, desk, port, body):
        header = signature(body) if body != b"\xff" else "t=1,v1=0"
        with nothing_written(desk.bank.connection):
            assert post(port, body, header)[0] == 400

    def test_what_a_database_cannot_store_is_replaced(self, desk, port, stripe):
        desk.deliver(stripe.checkout())
        invoice = changed(stripe.invoice(), "customer_name", to="No\0body \ud83d \ude00 \U0001f600")
        invoice = changed(invoice, "metadata", to={"a\0": ["\0"]})
        body = json.dumps(invoice).encode()
        assert post(port, body, signature(body)) == (200, "allocated")
        kept = desk.recorded(invoice)["payload"]["data"]["object"]
        assert kept["customer_name"] == "No\ufffdbody \ufffd \ufffd \U0001f600"
        assert kept["metadata"] == {"a\ufffd": ["\ufffd"]}
        assert desk.allocations(stripe.user) == [(40, *period(0))]

    def test_what_is_too_large_is_not_taken(self, desk, port, stripe):
        with nothing_written(desk.bank.connection):
            assert deliver(port, changed(stripe.invoice(), "description", to="x" * 1_000_000))[0] == 400


class TestForged:
    def test_nothing_is_taken(self, desk, port, stripe):
        body = json.dumps(stripe.checkout()).encode()
        good = signature(body)
        for header in (
            None,
            "",
            "v1=",
            "t=1,v1=0",
            "nonsense",
            good.replace("v1=", "v0="),
            good[:-1],
            signature(body, "whsec_other"),
            signature(b"{}"),
            signature(body, age=301),
        ):
            with nothing_written(desk.bank.connection):
                assert post(port, body, header)[0] == 400, header
        assert post(port, body, good)[0] == 200

    def test_not_even_one_letter(self, desk, port, stripe):
        event = stripe.checkout()
        body = json.dumps(event).encode()
        with nothing_written(desk.bank.connection):
            assert post(port, body.replace(b"4000", b"4001"), signature(body))[0] == 400
            assert post(port, body + b" ", signature(body))[0] == 400
            assert post(port, b"\xff" + body, signature(body))[0] == 400


def test_without_a_database_stripe_is_asked_to_come_again(server, dsn, desk, port, stripe):
    """The same server and pool take the event once the database is back."""
    invoice = stripe.invoice()
    desk.deliver(stripe.checkout())
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    database = sql.Identifier(name)
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as operator:
        operator.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(database))
        try:
            operator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
                [name, desk.bank.connection.info.backend_pid],
            )
            assert [deliver(port, invoice)[0] for _ in range(2)] == [503, 503]
            assert desk.bank.value("SELECT count(*) FROM payment_events") == 1
        finally:
            operator.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(database))
    deadline = time.monotonic() + 30
    while (answer := deliver(port, invoice))[0] == 503:
        assert time.monotonic() < deadline
    assert answer == (200, "allocated")


def test_a_lock_that_is_held_too_long_is_a_reason_to_come_again(dsn, desk, stripe, connect):
    checkout = stripe.checkout()
    desk.deliver(stripe.status("active"))
    holder = connect(autocommit=False)
    holder.execute("SELECT FROM subscriptions FOR UPDATE")
    with serving(
        psycopg.conninfo.make_conninfo(dsn, options="-csearch_path=bookingdb,pg_temp -clock_timeout=50ms")
    ) as port:
        assert deliver(port, checkout)[0] == 503
        holder.rollback()
        assert deliver(port, checkout) == (200, "bound")


def test_the_program_serves(dsn, desk, stripe):
    environment = os.environ | {"BOOKINGDB_DSN": dsn, "STRIPE_WEBHOOK_SECRET": SECRET, "PORT": "0"}
    with subprocess.Popen(
        [sys.executable, EXAMPLE], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        try:
            found = re.fullmatch(r"Listening on http://127\.0\.0\.1:(\d+)\n", program.stdout.readline())
            assert deliver(int(found[1]), stripe.checkout()) == (200, "bound")
        finally:
            program.terminate()


def test_it_passes_a_strict_type_checker():
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", EXAMPLE],
        capture_output=True,
        text=True,
        check=False,
        cwd=EXAMPLE.parents[1],
        env=os.environ | {"MYPYPATH": "src"},
    )
    assert ran.returncode == 0, ran.stdout


def test_the_library_signs_as_stripe_documents_it():
    """HMAC-SHA256 of the time, a dot and the body, by the endpoint's secret."""
    header = stripe_library.WebhookSignature.generate_signature_header('{"id": "evt_1"}', SECRET, 1_768_471_205)
    digest = hmac.new(SECRET.encode(), b'1768471205.{"id": "evt_1"}', hashlib.sha256).hexdigest()
    assert header == f"t=1768471205,v1={digest}"
