"""The code of the README and of the guides runs as it stands there and prints what they say."""

import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import psycopg
import pytest

PROJECT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(python|text|sql)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(autouse=True)
def django(monkeypatch: pytest.MonkeyPatch, db: psycopg.Connection) -> None:
    """Django's connection, as far as the guide knows it."""
    module = ModuleType("django.db")
    connection = SimpleNamespace(ensure_connection=lambda: None, connection=db)
    monkeypatch.setattr(module, "connection", connection, raising=False)
    monkeypatch.setitem(sys.modules, "django", ModuleType("django"))
    monkeypatch.setitem(sys.modules, "django.db", module)


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/quick-start.md",
        "docs/credits.md",
        "docs/therapy.md",
        "docs/peer.md",
        "docs/classes.md",
        "docs/for-applications.md",
    ],
)
def test_the_code_runs(
    page: str,
    dsn: str,
    db: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BOOKINGDB_DSN", dsn)
    names: dict[str, object] = {}
    found = BLOCK.findall((PROJECT / page).read_text("utf-8"))
    assert len(found) > 5
    printed = ""
    for language, code in found:
        if language == "text":
            assert printed == code
            printed = ""
            continue
        assert printed == "", "what is printed is not shown"
        if language == "python":
            exec(compile(code, page, "exec"), names)  # noqa: S102 - what the page shows is what is tested
            printed = capsys.readouterr().out
        else:
            assert db.execute(code).fetchall()
    assert printed == ""


def test_links_lead_somewhere() -> None:
    for page in [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")]:
        text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
