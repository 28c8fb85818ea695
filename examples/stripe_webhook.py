"""The address that Stripe delivers its events to: a WSGI application, for gunicorn, mod_wsgi and their like.

Run it by itself to try it, with BOOKINGDB_DSN naming a database that `bookingdb migrate` has prepared and
STRIPE_WEBHOOK_SECRET being the endpoint's signing secret; `stripe listen --forward-to localhost:8000` delivers to it.
"""

import json
import os
import re
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIServer, make_server

import psycopg
import stripe
from psycopg_pool import ConnectionPool

import bookingdb

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


def storable(value: Any) -> Any:
    """Return JSON without the characters that PostgreSQL cannot store, so that no payment is lost for one in a name."""
    if isinstance(value, str):
        return re.sub("[\0\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(name): storable(item) for name, item in value.items()}
    return value


class StripeWebhook:
    """Takes deliveries: 200 is recorded, 400 is not from Stripe, 503 and 500 make Stripe deliver the event again."""

    def __init__(self, db: bookingdb.Database, secret: str) -> None:
        self._db = db
        self._secret = secret

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, text = self.deliver(body, environ.get("HTTP_STRIPE_SIGNATURE"))
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [text.encode()]

    def deliver(self, body: bytes, signature: str | None) -> tuple[str, str]:
        """Process the event in a request's body, byte for byte as it came: that is what was signed."""
        try:
            text = body.decode()
            stripe.WebhookSignature.verify_header(text, signature or "", self._secret, stripe.Webhook.DEFAULT_TOLERANCE)
            event = storable(json.loads(text))
            if not isinstance(event, dict):
                return "400 Bad Request", "Not an event"
            return "200 OK", self._db.process_stripe_event(event).outcome
        except (ValueError, RecursionError, stripe.SignatureVerificationError) as error:
            return "400 Bad Request", str(error)
        except bookingdb.InvalidInput as refusal:
            return "400 Bad Request", refusal.message
        except (psycopg.OperationalError, bookingdb.RetryableError):
            return "503 Service Unavailable", "The database is away"


class ThreadingServer(ThreadingMixIn, WSGIServer):
    """A server that answers several deliveries at once."""


def main() -> None:
    """Serve until somebody stops it."""
    dsn, secret = os.environ["BOOKINGDB_DSN"], os.environ["STRIPE_WEBHOOK_SECRET"]
    with ConnectionPool(dsn, open=True, min_size=1, timeout=5, kwargs={"autocommit": True}) as pool:
        webhook = StripeWebhook(bookingdb.connect(pool), secret)
        port = int(os.environ.get("PORT", "8000"))
        with make_server("127.0.0.1", port, webhook, server_class=ThreadingServer) as server:
            print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
            server.serve_forever()


if __name__ == "__main__":
    main()
