"""What a notification says to people: Jinja2 templates in a sandbox, one for each type."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, Template, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bookingdb.worker._notification import DeliveryError, Notification, Receiver

SHIPPED = Path(__file__).parent / "templates"
_INSTANTS = ("starts_at", "ends_at", "old_starts_at")


@dataclass(frozen=True)
class Rendered:
    """A message in words."""

    subject: str
    text: str
    html: str


class Templates:
    """The templates of a folder, if there is one, before those of the package."""

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None and not folder.is_dir():
            raise ValueError(f"there is no folder {folder} with templates")
        folders: list[BaseLoader] = [FileSystemLoader(place) for place in (folder, SHIPPED) if place]
        self._environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader(folders),
            autoescape=lambda name: bool(name and name.endswith(".html")),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"date": _date, "time": _time}

    def render(self, notification: Notification, receiver: Receiver) -> Rendered:
        """Return what the receiver reads, times in their time zone. Raises ``DeliveryError``."""
        names = _names(notification, receiver)
        try:
            template = self._template(f"{notification.type}.txt")
            subject = " ".join(_block(template, "subject", names).split())
            paragraphs = [part.strip() for part in _block(template, "body", names).split("\n\n") if part.strip()]
            page = self._template(f"{notification.type}.html", "layout.html")
            html = page.render(names | {"subject": subject, "paragraphs": paragraphs})
        except TemplateNotFound as missing:
            raise DeliveryError(f"there is no template {missing.name}") from missing
        except Exception as error:  # whatever a template does
            raise DeliveryError(f"the template is broken ({type(error).__name__})", str(error)) from error
        return Rendered(subject, "\n\n".join(paragraphs) + "\n", html)

    def _template(self, *names: str) -> Template:
        return self._environment.select_template(names) if len(names) > 1 else self._environment.get_template(names[0])


def _block(template: Template, name: str, names: Mapping[str, Any]) -> str:
    if name not in template.blocks:
        raise ValueError(f"no block {name}")
    return "".join(template.blocks[name](template.new_context(dict(names))))


def _names(notification: Notification, receiver: Receiver) -> dict[str, Any]:
    """Return what templates may name: the payload's fields, and who the people are."""
    zone = _zone(receiver.timezone)
    instants = {key: _local(notification.payload.get(key), zone) for key in _INSTANTS}
    is_therapist = receiver.user_id is not None and receiver.user_id == notification.therapist_id
    return {
        **notification.payload,
        **instants,
        "payload": notification.payload,
        "notification_id": str(notification.id),
        "type": notification.type,
        "receiver": receiver.name,
        "client": notification.client_name,
        "therapist": notification.therapist_name,
        "other": notification.client_name if is_therapist else notification.therapist_name,
        "timezone": zone.key,
    }


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone, here or anywhere
        return ZoneInfo("UTC")


def _local(value: object, zone: ZoneInfo) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        return instant and (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def _date(instant: datetime | None) -> str:
    return f"{instant:%A}, {instant.day} {instant:%B %Y}" if instant else ""


def _time(instant: datetime | None) -> str:
    return f"{instant:%H:%M} ({instant.tzinfo})" if instant else ""
