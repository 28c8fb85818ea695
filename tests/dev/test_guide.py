"""The commands of docs/development-server.md run as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from bookingdb import dev

GUIDE = Path(__file__).parents[2] / "docs" / "development-server.md"


def test_the_commands_run(place):
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    installs, first, program, project = blocks
    assert installs.startswith("pip install")
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {name: value for name, value in os.environ.items() if name != "BOOKINGDB_DSN"} | {"PATH": tools}

    def sh(script: str) -> str:
        return subprocess.check_output(["sh", "-ec", script], env=environment, cwd=place.parent, text=True)

    output = sh(first)
    assert "Every invariant holds" in output
    assert "The development server runs" in output
    assert "has stopped" in output
    dev.start()
    assert sh(program) == "[]\n"
    try:
        assert str(place.parent / ".bookingdb") in sh(project)
    finally:
        dev.stop(place.parent / ".bookingdb")
