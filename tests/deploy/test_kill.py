"""Killed at any moment: running it again ends where an undisturbed run ends."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from deploy.tree import Tree

STEP = 20
"""Kill before every twentieth statement, from a random one on; 1 kills before each, which takes two minutes."""


def first_version(root: Path) -> Tree:
    tree = Tree(root)
    tree.things()
    tree.function("gone")
    tree.function("grows", "p_a int")
    tree.function("uses", returns="trigger", body="BEGIN RETURN NEW; END")
    tree.policy("things")
    tree.constraint(
        "positive", "ALTER TABLE things ADD CONSTRAINT positive CHECK (amount > 0);", "SELECT FROM things WHERE false"
    )
    return tree


def second_version(root: Path) -> Tree:
    tree = Tree(root)
    tree.things()
    tree.migration("0003.core-more", "CREATE TABLE more (id int PRIMARY KEY); CREATE INDEX more_id ON more (id);")
    tree.function("grows", "p_a int, p_b int DEFAULT NULL")
    tree.function(
        "uses",
        returns="trigger",
        body="BEGIN NEW.amount := grows(1); RETURN NEW; END",
        after="CREATE OR REPLACE TRIGGER t BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION uses();",
    )
    tree.policy("things", using="grows(1) = 1")
    tree.policy("more")
    tree.constraint(
        "positive",
        "ALTER TABLE things ADD CONSTRAINT positive CHECK (amount >= 0) NOT VALID;",
        "SELECT FROM things WHERE amount < 0",
        "ALTER TABLE things VALIDATE CONSTRAINT positive;",
    )
    return tree


@pytest.mark.parametrize("what", ["install", "upgrade"])
def test_killed_before_any_statement(empty_dsn, tmp_path, what: str) -> None:
    old = str(first_version(tmp_path / "old").root) if what == "upgrade" else "-"
    new = str(second_version(tmp_path / "new").root)
    first = random.randint(1, STEP)
    script = Path(__file__).with_name("killing.py")

    done = subprocess.run(
        [sys.executable, script, empty_dsn, old, new, str(first), str(STEP)], capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, ""), f"from statement {first}: {done.stdout}"
    assert int(done.stdout) * STEP > 50
