"""Which handler takes which notifications: ``[TYPE[,TYPE...]=]HANDLER[:ARGUMENT]``, the first that fits."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from bookingdb.rooms import RoomKeeper
from bookingdb.worker._notification import Handler

_FORM = re.compile(r"(?:(?P<types>[\w*?,-]+)=)?(?P<name>[a-z]+)(?::(?P<argument>.+))?")


@dataclass(frozen=True)
class Settings:
    """What handlers are made of, beside their argument."""

    db: RoomKeeper
    """Where rooms are kept."""
    environment: Mapping[str, str]
    templates: Path | None = None
    """A folder whose templates come before those of the package."""
    allow_private: bool = False
    """Whether webhooks may go to addresses that are not public."""


@dataclass(frozen=True)
class Route:
    """A handler and the types it takes; ``*`` and ``?`` stand for any letters and any one letter."""

    types: Sequence[str]
    handler: Handler

    def takes(self, notification_type: str) -> bool:
        """Tell whether notifications of this type go this way."""
        return any(fnmatchcase(notification_type, pattern) for pattern in self.types)


def parse_route(text: str, settings: Settings) -> Route:
    """Return the route that a text such as ``create_video_room=rooms`` describes. Raises ValueError."""
    found = _FORM.fullmatch(text)
    if found is None or found["name"] not in _MAKERS:
        raise ValueError(f"{text!r} is no handler: write [TYPES=]HANDLER, where HANDLER is {', '.join(_NAMES)}")
    everything = "create_video_room" if found["name"] == "rooms" else "*"
    handler = _MAKERS[found["name"]](found["argument"], settings)
    return Route((found["types"] or everything).split(","), handler)


# Imported when they are asked for: some need packages that others do without.


def _stdout(argument: str | None, _settings: Settings) -> Handler:
    from bookingdb.worker.handlers.stdout import StdoutHandler

    _refuse("stdout", argument)
    return StdoutHandler()


def _smtp(argument: str | None, settings: Settings) -> Handler:
    from bookingdb.worker._templates import Templates
    from bookingdb.worker.handlers.smtp import SmtpHandler, server_from_environment

    _refuse("smtp", argument)
    return SmtpHandler(server_from_environment(settings.environment), Templates(settings.templates))


def _webhook(argument: str | None, settings: Settings) -> Handler:
    from bookingdb.worker.handlers.webhook import SECRET_VARIABLE, URL_VARIABLE, WebhookHandler

    url = argument or settings.environment.get(URL_VARIABLE, "")
    return WebhookHandler(url, settings.environment.get(SECRET_VARIABLE, ""), allow_private=settings.allow_private)


def _rooms(argument: str | None, settings: Settings) -> Handler:
    from bookingdb.worker.handlers.rooms import RoomsHandler

    _refuse("rooms", argument)
    return RoomsHandler.from_environment(settings.environment, settings.db)


def _python(argument: str | None, _settings: Settings) -> Handler:
    from bookingdb.worker.handlers.python import load

    return load(argument or "")


_MAKERS: dict[str, Callable[[str | None, Settings], Handler]] = {
    "stdout": _stdout,
    "smtp": _smtp,
    "webhook": _webhook,
    "rooms": _rooms,
    "python": _python,
}
_NAMES = ("stdout", "smtp", "webhook[:URL]", "rooms", "python:MODULE:NAME")


def _refuse(name: str, argument: str | None) -> None:
    if argument:
        raise ValueError(f"the handler {name} takes nothing after it; its settings are in the environment")
