"""A notification as JSON."""

import json
from typing import Any

from bookingdb.worker._notification import Notification


def as_json(notification: Notification) -> str:
    """Return it as it was queued, on one line; who the people are is the reader's to look up."""
    fields: dict[str, Any] = {
        "notification_id": notification.id,
        "type": notification.type,
        "user_id": notification.user_id,
        "address": notification.address,
        "therapist_id": notification.therapist_id,
        "session_id": notification.session_id,
        "payload": notification.payload,
        "due_at": notification.due_at.isoformat(),
        "attempts": notification.attempts,
    }
    return json.dumps(fields, default=str)
