"""Names and texts as SQL has them."""

from collections.abc import Iterable


def identifier(name: str) -> str:
    """Return a name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    """Return a text in single quotes; NULL for None."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def array(texts: Iterable[str]) -> str:
    """Return an array of texts."""
    return f"ARRAY[{', '.join(map(literal, texts))}]::text[]"
