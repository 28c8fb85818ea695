"""Posts notifications to a URL, signed, and to public addresses alone."""

import asyncio
import ipaddress
import socket
import time
from urllib.parse import SplitResult, urlsplit

import httpx

from bookingdb.worker._notification import DeliveryError, Notification
from bookingdb.worker.handlers._json import as_json
from bookingdb.worker.signing import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

URL_VARIABLE = "BOOKINGDB_WEBHOOK_URL"
SECRET_VARIABLE = "BOOKINGDB_WEBHOOK_SECRET"  # noqa: S105 - where the secret is, not what it is
_SHORTEST_SECRET = 16

# What is wrong with the request itself. Other answers may change when a setting is mended or a deployment is over.
_REFUSALS = {400, 410, 413, 415, 422}

# Ways into networks of version 4 that may be private.
_TUNNELS = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]


class WebhookHandler:
    """Posts JSON. The receiver checks the signature and tells repetitions by ``Idempotency-Key``."""

    def __init__(self, url: str, secret: str, *, allow_private: bool = False) -> None:
        self._url = _checked(url, allow_private=allow_private)
        if len(secret) < _SHORTEST_SECRET:
            raise ValueError(f"{SECRET_VARIABLE} has to be a secret of {_SHORTEST_SECRET} characters or more")
        self._secret = secret
        self._allow_private = allow_private
        self._tls = httpx.create_ssl_context(trust_env=True)

    async def deliver(self, notification: Notification) -> None:
        """Post it; whatever is not answered with 2xx has failed, a redirect included."""
        body = as_json(notification).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "bookingdb",
            "Idempotency-Key": str(notification.id),
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: sign(self._secret, timestamp, body),
        }
        try:
            status = await self._post(body, headers)
        except httpx.HTTPError as error:
            raise DeliveryError(f"no answer to the webhook ({type(error).__name__})", str(error)) from error
        if not httpx.codes.is_success(status):
            raise DeliveryError(f"the webhook was answered with {status}", permanent=status in _REFUSALS)

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        """Post to the first address that can be connected to. Only the answer's status matters: no more is read."""
        addresses = await self._addresses()
        client = httpx.AsyncClient(
            verify=self._tls,
            trust_env=False,  # a proxy would connect to wherever it likes
            follow_redirects=False,
            timeout=None,  # noqa: S113 - the worker has one for the whole
        )
        async with client:
            for number, address in enumerate(addresses, 1):
                try:
                    answer = await client.send(self._request(client, address, headers, body), stream=True)
                except httpx.ConnectError:
                    if number == len(addresses):
                        raise
                else:
                    await answer.aclose()
                    return answer.status_code
        raise DeliveryError("the webhook's host has no address")

    def _request(self, client: httpx.AsyncClient, address: str, headers: dict[str, str], body: bytes) -> httpx.Request:
        """Return what is sent to the address that was checked, not to what the name may mean a moment later."""
        host = f"[{address}]" if ":" in address else address
        return client.build_request(
            "POST",
            self._url._replace(netloc=f"{host}:{_port(self._url)}").geturl(),
            headers=headers | {"Host": self._url.netloc},
            content=body,
            extensions={"sni_hostname": self._url.hostname},  # the certificate has to be for the name
        )

    async def _addresses(self) -> list[str]:
        """Resolve the host and check every address: one that is not public spoils the name."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                self._url.hostname, _port(self._url), type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise DeliveryError("the webhook's host cannot be resolved", str(error)) from error
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        if not self._allow_private and not all(map(is_public, addresses)):
            raise DeliveryError("the webhook's host has an address that is not public")
        return addresses


def is_public(address: str) -> bool:
    """Tell whether an address is one of the open internet."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in tunnel for tunnel in _TUNNELS):
            return False
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _checked(url: str, *, allow_private: bool) -> SplitResult:
    parts = urlsplit(url)
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        # Not repeated: it may hold a token.
        raise ValueError(f"the webhook's URL has to begin with https:// (http:// too with --allow-private); {_WHERE}")
    if parts.username is not None or parts.fragment:
        raise ValueError("the webhook's URL has a user or a fragment; neither would be sent")
    _port(parts)
    return parts


_WHERE = f"write webhook:URL or set {URL_VARIABLE}"


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)
