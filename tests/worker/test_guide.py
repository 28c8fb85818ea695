"""The code and the commands of docs/worker.md are right."""

import json
import re
from pathlib import Path

import click
import pytest

from bookingdb.cli import main
from bookingdb.worker import Route
from bookingdb.worker._templates import Templates
from bookingdb.worker.handlers.python import FunctionHandler
from worker.handlers import Recorder

GUIDE = (Path(__file__).parents[2] / "docs" / "worker.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


async def test_the_python_runs(outbox, work, capsys):
    names: dict[str, object] = {}
    for code in blocks("python"):
        exec(compile(code, "worker.md", "exec"), names)  # noqa: S102 - what the page shows is what is tested
    outbox.queue(user_id=outbox.person("Anna", timezone="Europe/Oslo"))
    await work(FunctionHandler(names["send"]))
    assert capsys.readouterr().out == "booking_confirmation to Anna, who lives by the time of Europe/Oslo\n"


async def test_the_sql_requeues_what_is_dead(db, outbox, work):
    outbox.queue_many(2)
    db.execute("UPDATE notifications SET status = 'dead', attempts = 10")
    for statement in blocks("sql")[0].split(";\n"):
        if statement:
            assert len(db.execute(statement).fetchall()) == 2
    handler = Recorder()
    await work(Route(["*"], handler))
    assert [notification.attempts for notification in handler.delivered] == [1, 1]


async def test_the_template_is_one(outbox, work, tmp_path):
    (tmp_path / "booking_confirmation.txt").write_text(blocks("jinja")[0], "utf-8")
    said: list[str] = []

    async def render(notification):
        said.append(Templates(tmp_path).render(notification, notification.receivers[0]).text)

    outbox.queue(user_id=outbox.person("Anna"), payload={"starts_at": "2090-07-01T10:00:00Z"})
    await work(FunctionHandler(render))
    assert said == ["Hallo Anna,\n\nIhr Termin: 10:00 (UTC).\n"]


def test_the_options_are_those_of_the_command():
    command = main.get_command(click.Context(main), "worker")
    shown = set(re.findall(r"^\| `(--[a-z-]+)", GUIDE, re.MULTILINE))
    options = {option for parameter in command.params for option in parameter.opts}
    assert shown == options - {"--dsn", "--schema"}


async def test_the_metrics_are_those_that_are_printed(outbox, work):
    worker = await work(Recorder())
    assert json.loads(blocks("json")[0]).keys() - {"event", "worker"} == worker.metrics.as_dict().keys()


@pytest.mark.parametrize("module", ["jinja2", "aiosmtplib", "httpx"])
def test_the_command_needs_nothing_for_stdout(module, start, outbox):
    outbox.queue()
    hidden = f"import sys; sys.modules[{module!r}] = None; from bookingdb_cli import main; main()"
    process = start("--once", program=hidden)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert "booking_confirmation" in stdout


@pytest.mark.parametrize(("module", "handler"), [("jinja2", "smtp"), ("aiosmtplib", "smtp"), ("httpx", "webhook")])
def test_a_missing_package_is_a_sentence(module, handler, start):
    hidden = f"import sys; sys.modules[{module!r}] = None; from bookingdb_cli import main; main()"
    process = start("--once", "--handler", handler, program=hidden)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"needs the package {module}" in stderr
    assert "bookingdb[worker]" in stderr
