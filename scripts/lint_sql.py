"""Check every SQL file of the project against its conventions: python scripts/lint_sql.py"""

import sys
from pathlib import Path

from sql_rules import lint

PROJECT = Path(__file__).resolve().parent.parent


def sql_files(project: Path) -> dict[str, str]:
    """Return the SQL files of a checkout, as path within it -> text."""
    found = [path for room in ("sql", "migrations") for path in (project / room).rglob("*.sql")]
    return {path.relative_to(project).as_posix(): path.read_text(encoding="utf-8") for path in found}


def main() -> int:
    """Print what is wrong, one sentence a line; return the exit code."""
    findings = lint(sql_files(PROJECT))
    for finding in findings:
        print(finding)  # noqa: T201
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
