"""Rooms of Daily (daily.co), made over its REST API."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from bookingdb.rooms._provider import RoomError

API = "https://api.daily.co/v1"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
LONGEST_WAIT = 86_400
LONGEST_INFO = 300


class DailyRooms:
    """Private rooms, one for a session, open from ``opens_before`` its start to ``closes_after`` its end.

    ``timeout``: seconds for each request as a whole, however slowly the answer comes.
    """

    def __init__(
        self,
        api_key: str,
        *,
        opens_before: timedelta = timedelta(minutes=15),
        closes_after: timedelta = timedelta(minutes=30),
        timeout: float = 10,
        base_url: str = API,
    ) -> None:
        # Anything else would be refused as a header, by an error that repeats it.
        if not re.fullmatch("[!-~]+", api_key):
            raise RoomError("the Daily API key is empty or has a character that no key has", retryable=False)
        _check_base_url(base_url)
        self._api_key = api_key
        self._opens_before = int(opens_before.total_seconds())
        self._closes_after = int(closes_after.total_seconds())
        self._timeout = timeout
        self._base_url = base_url
        self._tls = httpx.create_ssl_context()  # costs more than a request; clients come and go

    async def create_room(
        self, session_id: UUID, starts_at: datetime, ends_at: datetime, title: str | None = None
    ) -> str:
        """Return the URL of the session's room, which is made or, if it is there, opened at these times.

        Daily is not told the title: what people meet about is not its business.
        """
        name = _room_name(session_id)
        settings = {
            "privacy": "private",
            "properties": {"nbf": _unix(starts_at) - self._opens_before, "exp": _unix(ends_at) + self._closes_after},
        }
        answer = await self._request("POST", "/rooms", {"name": name, **settings})
        if answer.status_code == httpx.codes.BAD_REQUEST:
            # A taken name is one bad request of many, told from them only by words that may change: look for the room.
            existing = await self._request("POST", f"/rooms/{name}", settings)
            answer = answer if existing.status_code == httpx.codes.NOT_FOUND else existing
        return self._room_url(answer)

    async def delete_room(self, session_id: UUID) -> None:
        """Delete the session's room, and with it end a meeting in it; that there is none is fine."""
        answer = await self._request("DELETE", f"/rooms/{_room_name(session_id)}")
        if not answer.is_success and answer.status_code != httpx.codes.NOT_FOUND:
            raise self._refusal(answer)

    async def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        try:
            async with asyncio.timeout(self._timeout), self._client() as client:
                return await client.request(method, path, json=body)
        except (httpx.HTTPError, TimeoutError) as error:
            failure = f"no answer from Daily ({type(error).__name__}: {error})"
        # Raised out here, because as its context httpx's error would carry the request and with it the key.
        raise RoomError(failure, retryable=True)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._base_url,
            headers={"Authorization": f"Bearer {self._api_key}"},
            timeout=self._timeout,
            verify=self._tls,
            follow_redirects=False,  # the key is for this host alone
        )

    def _room_url(self, answer: httpx.Response) -> str:
        if not answer.is_success:
            raise self._refusal(answer)
        url = _fields(answer).get("url")
        if not isinstance(url, str) or not url.startswith("https://"):
            raise RoomError(f"Daily answered {answer.status_code} without a room's URL", retryable=True)
        return url

    def _refusal(self, answer: httpx.Response) -> RoomError:
        fields, status = _fields(answer), answer.status_code
        said = ": ".join(str(fields[name]) for name in ("error", "info") if name in fields)
        said = said.replace(self._api_key, "***")[:LONGEST_INFO]
        return RoomError(
            f"Daily answered {status} {said}".rstrip(),
            retryable=answer.is_server_error or status in {httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS},
            status=status,
            retry_after=_retry_after(answer),
        )


def _check_base_url(base_url: str) -> None:
    parts = urlsplit(base_url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise RoomError("Daily's API is called over https, so that nobody reads the key", retryable=False)


def _room_name(session_id: UUID) -> str:
    return f"session-{session_id}"


def _unix(instant: datetime) -> int:
    if instant.tzinfo is None:
        raise RoomError("a room's times need a time zone", retryable=False)
    return int(instant.timestamp())


def _fields(answer: httpx.Response) -> dict[str, Any]:
    """Return the answer's JSON object, empty where it is none."""
    try:
        fields = answer.json()
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _retry_after(answer: httpx.Response) -> int | None:
    """Return the header's seconds; a date, which Daily has no use for, counts as none."""
    try:
        seconds = int(answer.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return min(max(seconds, 0), LONGEST_WAIT)
