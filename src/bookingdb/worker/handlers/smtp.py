"""Sends notifications as e-mail."""

import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Literal
from uuid import UUID

import aiosmtplib

from bookingdb.worker._notification import DeliveryError, Notification, Receiver
from bookingdb.worker._templates import Templates

Security = Literal["starttls", "tls", "none"]

_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
_SECURITIES: dict[str, Security] = {security: security for security in _PORTS}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_LONGEST_GOODBYE = 2.0
_FOR_GOOD = 500
_POLICY = "5.7."  # RFC 3463: of the sender's rights, not of the receiver
_ABOUT_THIS_ONE = (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)
_REMEMBERED = 10_000
"""Notifications of which some receivers were told and others not."""


@dataclass(frozen=True)
class Server:
    """A mail server and how it is spoken to."""

    host: str
    port: int
    security: Security
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def server_from_environment(environment: Mapping[str, str]) -> Server:
    """Return the server that ``BOOKINGDB_SMTP_HOST`` and its kin describe. Raises ValueError."""

    def value(name: str) -> str:
        return environment.get(f"BOOKINGDB_SMTP_{name}", "").strip()

    host, sender = value("HOST"), value("FROM")
    security = _SECURITIES.get(value("SECURITY").lower() or "starttls")
    if not host:
        raise ValueError("smtp needs the mail server's name in BOOKINGDB_SMTP_HOST")
    if "@" not in parseaddr(sender)[1]:
        raise ValueError("smtp needs the sender's address in BOOKINGDB_SMTP_FROM, e.g. Club <club@club.example>")
    if security is None:
        raise ValueError("BOOKINGDB_SMTP_SECURITY has to be starttls (the default), tls or none")
    port = value("PORT") or str(_PORTS[security])
    if not port.isascii() or not port.isdigit():
        raise ValueError("BOOKINGDB_SMTP_PORT has to be a number")
    user, password = value("USER") or None, environment.get("BOOKINGDB_SMTP_PASSWORD") or None
    if bool(user) != bool(password):
        raise ValueError("BOOKINGDB_SMTP_USER and BOOKINGDB_SMTP_PASSWORD go together")
    if password and security == "none" and host not in _LOOPBACK:
        raise ValueError("BOOKINGDB_SMTP_SECURITY=none would send the password for everybody to read")
    return Server(host, int(port), security, sender, user, password)


class SmtpHandler:
    """Sends one message to each receiver; the same notification has the same Message-ID however often it is sent."""

    def __init__(self, server: Server, templates: Templates) -> None:
        self._server = server
        self._templates = templates
        self._tls = ssl.create_default_context()
        self._told: dict[UUID, set[UUID | None]] = {}

    async def deliver(self, notification: Notification) -> None:
        """Send it to everybody who was not told in an earlier attempt of this worker's."""
        told = self._told.pop(notification.id, set())
        problem: DeliveryError | None = None
        try:
            for receiver in notification.receivers:
                if receiver.user_id not in told:
                    try:
                        await self._send(notification, receiver)
                        told.add(receiver.user_id)
                    except DeliveryError as error:
                        # One that may pass counts: the others' fail again in the next attempt.
                        problem = error if problem is None or problem.permanent else problem
        finally:
            self._remember(notification, told)
        if problem:
            raise problem

    def _remember(self, notification: Notification, told: set[UUID | None]) -> None:
        if told and len(told) < len(notification.receivers):
            self._told[notification.id] = told
            if len(self._told) > _REMEMBERED:
                self._told.pop(next(iter(self._told)))

    async def _send(self, notification: Notification, receiver: Receiver) -> None:
        message = self._message(notification, receiver)
        client = self._client()
        try:
            await client.connect()
            await client.send_message(message)
            with suppress(aiosmtplib.SMTPException, TimeoutError):  # it has the message; that was all
                await client.quit(timeout=_LONGEST_GOODBYE)
        except aiosmtplib.SMTPException as error:
            raise _refusal(error) from error
        except (OSError, ValueError) as error:
            raise DeliveryError(f"mail could not be sent ({type(error).__name__})", str(error)) from error
        finally:
            client.close()  # not the client's own context, which says goodbye and waits, even when it is cancelled

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=self._tls if server.security != "none" else None,
            timeout=None,  # the worker has one for the whole
        )

    def _message(self, notification: Notification, receiver: Receiver) -> EmailMessage:
        rendered = self._templates.render(notification, receiver)
        message = EmailMessage()
        message["Subject"] = rendered.subject
        message["From"] = self._server.sender
        message["To"] = _address(receiver)
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = self._message_id(notification, receiver)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(rendered.text)
        message.add_alternative(rendered.html, subtype="html")
        return message

    def _message_id(self, notification: Notification, receiver: Receiver) -> str:
        other = f".{receiver.user_id}" if receiver.user_id != notification.user_id else ""
        domain = parseaddr(self._server.sender)[1].rpartition("@")[2]
        return f"<{notification.id}{other}@{domain}>"


def _address(receiver: Receiver) -> Address:
    if not receiver.address:
        raise DeliveryError("the receiver has no e-mail address")
    try:
        return Address(" ".join((receiver.name or "").split()), addr_spec=receiver.address)
    except (ValueError, IndexError, MessageError):
        raise DeliveryError("the receiver's e-mail address is malformed", permanent=True) from None


def _refusal(error: aiosmtplib.SMTPException) -> DeliveryError:
    refused = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
    if isinstance(refused, aiosmtplib.SMTPResponseException):
        # What the server says for good of the receiver or the message; a password, a sender or a policy can be mended.
        for_good = refused.code >= _FOR_GOOD and not refused.message.startswith(_POLICY)
        permanent = for_good and isinstance(refused, _ABOUT_THIS_ONE)
        return DeliveryError(f"the mail server answered {refused.code}", refused.message, permanent=permanent)
    return DeliveryError(f"mail could not be sent ({type(error).__name__})", str(error))
