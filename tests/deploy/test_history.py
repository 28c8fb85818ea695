"""What was deployed when, by whom and from which version."""

import json

from bookingdb.deploy import deployments, migrate


def test_every_version_of_a_function(empty_dsn, tree, owner, bookingdb) -> None:
    tree.function("f")
    tree.function("g")
    migrate(empty_dsn, package=tree.package("1.0.0"))
    tree.function("f", body="BEGIN RETURN 2; END")
    migrate(empty_dsn, package=tree.package("1.1.0"))

    rows = deployments(empty_dsn, name="f")
    shown = bookingdb("history", "f", "--dsn", empty_dsn).stdout
    newest = json.loads(bookingdb("history", "--limit", "1", "--json", "--dsn", empty_dsn).stdout)

    assert [(row.version, row.action, row.package_version, row.deployed_by) for row in rows] == [
        (2, "changed", "1.1.0", "bookingdb_owner"),
        (1, "created", "1.0.0", "bookingdb_owner"),
    ]
    assert [line.split()[2:] for line in shown.splitlines()] == [
        ["changed", "function", "core", "f", "version", "2", "bookingdb", "1.1.0", "by", "bookingdb_owner"],
        ["created", "function", "core", "f", "version", "1", "bookingdb", "1.0.0", "by", "bookingdb_owner"],
    ]
    assert [(row["name"], row["version"]) for row in newest] == [("f", 2)]
    (at,) = owner.execute("SELECT applied_at FROM function_versions WHERE name = 'f' AND version = 2").fetchone()
    assert rows[0].deployed_at == at


def test_what_was_never_deployed(empty_dsn, tree, bookingdb) -> None:
    empty = bookingdb("history", "--dsn", empty_dsn)
    assert (empty.exit_code, "Nothing was deployed" in empty.stdout) == (0, True)
    migrate(empty_dsn, package=tree.package())

    unknown = bookingdb("history", "nonsense", "--dsn", empty_dsn)

    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert 'Nothing named "nonsense"' in unknown.stderr
