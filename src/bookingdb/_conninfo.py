"""Connection strings, refused before libpq repeats them: its messages would tell the password."""

import re

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

FORM = "Write postgresql://user@host/database or 'host=… dbname=… user=…'; in a password an @ as %40, a / as %2F."


def check(conninfo: str) -> dict[str, str]:
    """Return the parts of a connection string. Raises ValueError, which does not repeat it, when it is none."""
    try:
        parts = conninfo_to_dict(conninfo)
    except ProgrammingError:
        raise ValueError("The DSN is not a connection string.") from None
    if "@" in str(parts.get("host", "")):
        raise ValueError("The DSN has an @ too many, perhaps in its password.")
    if not re.fullmatch(r"[\d\s,]*", str(parts.get("port", ""))):  # of user:pass/word@host, pass is the port
        raise ValueError("The DSN has a port that is no number, perhaps for a / in its password.")
    return {name: str(value) for name, value in parts.items()}
