"""What is generated is what is committed."""

from pathlib import Path

import psycopg
import pytest
from codegen import reference, synchronous, typescript, wrapper
from codegen.catalog import Catalog, read
from codegen.comments import MalformedComment

PROJECT = Path(__file__).resolve().parents[2]
GENERATED = [wrapper.FUNCTIONS, reference.FOLDER]
"""Folders in which there is nothing else."""


@pytest.fixture
def catalog(db: psycopg.Connection) -> Catalog:
    """The catalog of the test's database."""
    return read(db)


def test_the_wrapper_is_up_to_date(catalog: Catalog) -> None:
    assert_committed(synchronous.generate(PROJECT) | wrapper.generate(catalog), "make wrappers")


def test_the_types_for_typescript_are_up_to_date(catalog: Catalog) -> None:
    assert_committed(typescript.generate(catalog), "make wrappers")


def test_the_reference_is_up_to_date(catalog: Catalog) -> None:
    assert_committed(reference.generate(catalog), "make docs")


def test_nothing_else_lies_there(catalog: Catalog) -> None:
    expected = {*wrapper.generate(catalog), *reference.generate(catalog)}
    found = {
        path.relative_to(PROJECT).as_posix()
        for folder in GENERATED
        for path in (PROJECT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert found == expected


def assert_committed(files: dict[str, str], command: str) -> None:
    outdated = [path for path, text in files.items() if (PROJECT / path).read_text("utf-8") != text]
    assert not outdated, f"run {command}"


def comment_on_points(db: psycopg.Connection, text: str) -> None:
    db.execute("COMMENT ON FUNCTION get_employee_points IS " + psycopg.sql.Literal(text).as_string(db))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Reads.\np_employee_id: uuid.\nReturns: points.", "has no line for what it returns"),
        ("Reads.\nReturns: points.\nRaises: nothing.", "explains no parameters, not each one in order"),
        ("Reads.\np_employee_id: uuid. p_x: uuid.\nReturns: points.\nRaises: nothing.", "explains p_employee_id, p_x"),
        ("Reads.\np_employee_id: uuid.\nReturns: point.\nRaises: nothing.", "returns point, not each column in order"),
        ("Reads.\np_employee_id: uuid.\nReturns: points.\nRaises: bad_luck.", "raises what is no reason: bad_luck"),
        ("Reads.\np_employee_id: uuid.\nReturns: points.\nRaises: nothing.\nBeware: x.", "has a line that begins"),
        ("Reads.\np_employee_id: uuid.\nReturns: the points.\nRaises: nothing.", "says where a name belongs"),
    ],
)
def test_a_comment_that_does_not_fit_its_function_is_refused(db: psycopg.Connection, text: str, complaint: str) -> None:
    comment_on_points(db, text)
    with pytest.raises(MalformedComment, match=f"the comment on gusmester/get_employee_points {complaint}"):
        read(db)


def test_a_comment_tells_types_apart(db: psycopg.Connection) -> None:
    comment_on_points(
        db,
        "Reads.\np_employee_id: one of employees.status.\n"
        "Returns: points (NULL, or guest_spots.status).\nRaises: nothing.",
    )
    files = wrapper.generate(read(db))
    row = (
        files["src/bookingdb/functions/gusmester.py"]
        .partition("class GetEmployeePointsRow:")[2]
        .partition('"""None')[0]
    )
    statuses = '"reserved_for_host", "booked_by_host", "released_to_public", "booked_by_gusmester"'
    assert row.endswith(f"points: Literal[{statuses}] | None\n    ")
    method = files["src/bookingdb/functions/_gusmester.py"].partition("def get_employee_points(")[2]
    assert method.startswith('\n        self,\n        employee_id: Literal["active", "inactive"] | None = DEFAULT,\n')


def test_a_function_more_is_a_method_more(db: psycopg.Connection) -> None:
    db.execute("""
        CREATE FUNCTION nap(p_until time, p_class text DEFAULT 'deep', p_for interval DEFAULT '1 hour') RETURNS date
        LANGUAGE sql STABLE AS 'SELECT NULL::date';
        COMMENT ON FUNCTION nap IS 'Naps.
p_until, p_class: anything.
p_for: nothing.
Returns: the day of p_until, or NULL.
Raises: nothing.';
        INSERT INTO function_versions (
            kind, module, name, version, action,
            file_checksum, definition_checksum, definition, objects, package_version
        ) VALUES ('function', 'notifications', 'nap', 1, 'created', '', '', '', '{}', '')
    """)
    files = wrapper.generate(read(db))
    assert '''\
    async def nap(
        self,
        until: time,
        class_: str = DEFAULT,
        for_: timedelta = DEFAULT,
    ) -> date | None:
        """Naps.

        Args:
            until: anything.
            class_: anything. Default 'deep'.
            for_: nothing. Default '01:00:00'.

        Returns:
            the day of until, or None.
        """
        return await self._call(notifications.NAP, until, class_, for_)
''' in files["src/bookingdb/functions/_anotifications.py"]
    assert """\
NAP: Function[date | None] = Function(
    "nap",
    {"until": "time without time zone", "class": "text", "for": "interval"},
    required=1,
    writes=False,
    columns=(),
    read=value,
)
""" in files["src/bookingdb/functions/notifications.py"]
