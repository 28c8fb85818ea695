"""Within a session of SQLAlchemy's: one transaction, its own."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

import bookingdb


@pytest.fixture
def engine(dsn: str) -> Iterator[Engine]:
    """The test's own database."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn))
    yield engine
    engine.dispose()


def database(session: Session) -> bookingdb.Database:
    """Return the database within the session's transaction."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return bookingdb.connect(connection)


def points(session: Session) -> int:
    return int(session.execute(text("SELECT points FROM employees")).scalar_one())


def test_calls_and_statements_commit_together(engine: Engine, employee: UUID, user: UUID) -> None:
    with Session(engine) as session, session.begin():
        session.execute(text("UPDATE employees SET name = 'Grace'"))
        database(session).adjust_employee_points(employee, 1, "x")
        assert database(session).as_user(user).adjust_employee_points(employee, 1, "x").new_points == 302
        assert points(session) == 302
    with Session(engine) as session:
        assert points(session) == 302


def test_and_are_rolled_back_together(engine: Engine, employee: UUID) -> None:
    with Session(engine) as session:
        database(session).adjust_employee_points(employee, 1, "x")
        session.rollback()
        assert points(session) == 300


def test_a_refusal_leaves_the_session_usable(engine: Engine, employee: UUID) -> None:
    with Session(engine) as session:
        database(session).adjust_employee_points(employee, 1, "x")
        with pytest.raises(bookingdb.InsufficientPoints):
            database(session).adjust_employee_points(employee, -1000, "x")
        session.commit()
        assert points(session) == 301


def test_a_savepoint_of_the_sessions(engine: Engine, employee: UUID) -> None:
    with Session(engine) as session:
        with session.begin_nested() as savepoint:
            database(session).adjust_employee_points(employee, 1, "x")
            savepoint.rollback()
        database(session).adjust_employee_points(employee, 5, "x")
        session.commit()
        assert points(session) == 305


def test_its_autocommit_mode(engine: Engine, employee: UUID) -> None:
    with Session(engine.execution_options(isolation_level="AUTOCOMMIT")) as session:
        database(session).adjust_employee_points(employee, 1, "x")
        session.rollback()
    with Session(engine) as session:
        assert points(session) == 301
