"""Connection strings, refused before libpq repeats them: its messages would tell the password."""

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

FORM = "Write postgresql://user@host/database or 'host=… dbname=… user=…'; an @ in a password as %40."


def check(conninfo: str) -> dict[str, str]:
    """Return the parts of a connection string. Raises ValueError, which does not repeat it, when it is none."""
    try:
        parts = conninfo_to_dict(conninfo)
    except ProgrammingError:
        raise ValueError("The DSN is not a connection string.") from None
    if "@" in str(parts.get("host", "")):
        raise ValueError("The DSN has an @ too many, perhaps in its password.")
    return {name: str(value) for name, value in parts.items()}
