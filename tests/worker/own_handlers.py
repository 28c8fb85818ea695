"""Handlers for workers that run as processes of their own."""

import os
import sys
from pathlib import Path

from bookingdb.worker import DeliveryError, Notification


def wait(_notification: Notification) -> None:
    """Say that the delivery has begun, and wait until somebody lets it end."""
    Path(os.environ["PIPE_BEGUN"]).write_text("")
    Path(os.environ["PIPE_GO_ON"]).read_text()


def refuse_with_everything(notification: Notification) -> None:
    """Fail with an error that tells all, of the one kind and of the other."""
    told = f"{notification.address} {dict(notification.payload)}"
    if notification.type == "refused":
        raise DeliveryError("refused", told)
    raise ValueError(told)


def print_receivers(notification: Notification) -> None:
    """Print who is told."""
    for receiver in notification.receivers:
        sys.stdout.write(f"{receiver.name} {receiver.address}\n")
