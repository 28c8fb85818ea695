"""The code of docs/stripe.md runs as it stands there, prints what it says, and is that of the example."""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[3]
GUIDE = (PROJECT / "docs" / "stripe.md").read_text("utf-8")
BLOCK = re.compile(r"^```(python|text|sql)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_code_runs(bank, dsn, monkeypatch, capsys):
    monkeypatch.setenv("BOOKINGDB_DSN", dsn)
    names = {}
    printed = ""
    for language, code in BLOCK.findall(GUIDE):
        if language == "text":
            assert printed == code
            printed = ""
            continue
        assert printed == "", "what is printed is not shown"
        if language == "python":
            exec(compile(code, "docs/stripe.md", "exec"), names)  # noqa: S102 - what the page shows is what is tested
            printed = capsys.readouterr().out
        else:
            assert bank.rows(code) == []
    assert printed == ""
    assert bank.value("SELECT count(*) FROM subscriptions") == 2


def test_the_handler_is_the_examples():
    shown = re.search(r"^class StripeWebhook:.*?(?=^```)", GUIDE, re.DOTALL | re.MULTILINE)
    assert shown
    assert shown[0] in (PROJECT / "examples" / "stripe_webhook.py").read_text("utf-8")


def test_every_outcome_is_explained(bank):
    definition = bank.value(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'payment_events'::regclass AND conname = 'payment_events_outcome_check'"
    )
    explained = re.findall(r"^\| `(\w+)` \| .* \| (yes|no) \|$", GUIDE, re.MULTILINE)
    assert {outcome for outcome, _ in explained} == set(re.findall(r"'(\w+)'", definition))
    assert {outcome for outcome, final in explained if final == "no"} == {"waiting", "unknown_price", "unknown_user"}
