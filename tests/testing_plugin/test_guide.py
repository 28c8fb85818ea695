"""The examples of docs/for-tests.md run as they stand there."""

import re
import sys
from pathlib import Path

import pytest

pytest_plugins = ("pytester",)

GUIDE = Path(__file__).parents[2] / "docs" / "for-tests.md"


def test_the_examples_run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("BOOKINGDB_TEST_DSN", raising=False)
    blocks = re.findall(r"^```(python|ini)\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert [language for language, _ in blocks] == ["python", "python", "ini", "python"]
    tests, conftest, settings, without_pytest = (code for _, code in blocks)
    rooms = """
        import psycopg

        def test_rooms(bookingdb_dsn):
            with psycopg.connect(bookingdb_dsn) as connection:
                assert connection.execute("SELECT name FROM rooms").fetchall() == [("Big sauna",)]
    """
    pytester.makeini(settings)
    pytester.makepyfile(conftest=conftest, test_guide=tests, test_rooms=rooms)
    options = ["-W", "error", "-m", "pytest", "-p", "pytest_bookingdb", "-p", "no:cacheprovider"]
    pytester.run(sys.executable, *options).assert_outcomes(passed=3)
    assert pytester.run(sys.executable, "-c", without_pytest).ret == 0
