"""The README's examples run as they stand there and print what it says."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```(python|text|sql)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_examples_run(dsn, db, monkeypatch, capsys):
    monkeypatch.setenv("BOOKINGDB_DSN", dsn)
    names: dict[str, object] = {}
    seen = []
    for language, code in BLOCK.findall(README.read_text(encoding="utf-8")):
        seen.append(language)
        match language:
            case "python":
                exec(code, names)  # noqa: S102 - what the README shows is what is tested
            case "text":
                assert capsys.readouterr().out == code
            case "sql":
                assert db.execute(code).fetchall()
    assert seen == ["python", "python", "text", "python", "text", "python", "text", "sql"]
