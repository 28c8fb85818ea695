"""What is written once, asynchronously, made synchronous."""

import re
from pathlib import Path

from .formatting import formatted

PACKAGE = Path("src/bookingdb")
SOURCES = {
    "_asource.py": "_source.py",
    "_aengine.py": "_engine.py",
    "_acaller.py": "_caller.py",
    "aclient.py": "client.py",
}
"""Written by hand -> generated from it."""

REPLACEMENTS = [
    (r"from asyncio import Lock\b", "from threading import Lock"),
    (r"from asyncio import sleep\b", "from time import sleep"),
    (r"\ban (?=Async[A-Z])", "a "),
    (r"\b(Abstract)?Async(?=[A-Z])", r"\1"),
    (r"\basync (?=def|with|for)", ""),
    (r"\bawait ", ""),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"__a(enter|exit)__", r"__\1__"),
    (r"\baconnect\b", "connect"),
    (r"\b_a(source|engine|caller)\b", r"_\1"),
]


def generate(project: Path) -> dict[str, str]:
    """Return what is generated from the sources written by hand: path -> text."""
    files = {}
    for source, target in SOURCES.items():
        text = (project / PACKAGE / source).read_text("utf-8")
        files[str(PACKAGE / target)] = formatted(synchronous(text, source), target)
    return files


def synchronous(text: str, source: str | None = None) -> str:
    """Return asynchronous code made synchronous; ``source`` is the file it is from, if somebody wrote it."""
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text)
    if source:
        first, rest = text.split("\n", 1)
        text = f"{first}\n\n# Generated from {source} by `make wrappers`: change that instead.\n{rest}"
    return text
