"""Signatures of webhooks: who receives one tells by it that the sender knows the secret and that the body is theirs."""

import hashlib
import hmac
import time

SIGNATURE_HEADER = "Bookingdb-Signature"
TIMESTAMP_HEADER = "Bookingdb-Timestamp"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of ``timestamp.body``: ``v1=`` and the HMAC-SHA256 in hexadecimal digits."""
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(secret: str, timestamp: str, body: bytes, signature: str, *, tolerance: float = 300) -> bool:
    """Tell whether the signature fits and was made within ``tolerance`` seconds of now."""
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(time.time() - int(timestamp)) > tolerance:
        return False
    return hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode())
