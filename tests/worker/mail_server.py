"""A mail server on this machine that keeps what it is sent, and can be unkind."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword


class Mailbox:
    """What arrived; ``refused`` maps addresses to what is answered for them; mail waits while ``slow`` is set."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.senders: list[str] = []
        self.refused: dict[str, str] = {}
        self.arrived = threading.Event()
        self.slow = False

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Envelope) -> str:
        self.arrived.set()
        if self.slow:
            await server.loop.create_future()
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append(message_from_bytes(content, _class=EmailMessage, policy=policy.default))
        self.senders.append(str(envelope.mail_from))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """Return what somebody got."""
        return [message for message in self.messages if address in str(message["To"])]


def is_known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
    """Tell whether somebody may send mail."""
    return AuthResult(success=given == LoginPassword(b"club", b"s3cret"), handled=False)


@contextmanager
def running(mailbox: Mailbox, tls: ssl.SSLContext | None = None, *, at_once: bool = False) -> Iterator[int]:
    """Run the server and yield its port; with a certificate it wants STARTTLS and a password, or speaks TLS at once."""
    options: dict[str, Any] = {}
    if tls and not at_once:
        options = {"tls_context": tls, "require_starttls": True, "authenticator": is_known, "auth_required": True}
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    opening = loop.create_server(
        lambda: SMTP(mailbox, loop=loop, **options), "127.0.0.1", 0, ssl=tls if at_once else None
    )
    server = asyncio.run_coroutine_threadsafe(opening, loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    """Close the server, and whatever is still in conversation."""
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
