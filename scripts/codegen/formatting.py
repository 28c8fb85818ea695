"""Python as ruff has it."""

import subprocess
import sys


def formatted(text: str, path: str) -> str:
    """Return the text with unused imports gone, the others sorted, and lines wrapped."""
    for command in (["check", "--quiet", "--fix-only", "--select", "F401,I,RUF022"], ["format", "--quiet"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", path, "-"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ValueError(f"{path} is no Python: {done.stderr}")
        text = done.stdout
    return text
