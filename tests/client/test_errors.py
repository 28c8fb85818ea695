"""Refusals become exceptions by the reason in their detail, everything else stays what it is."""

import json
import pickle

import psycopg
import pytest

import bookingdb
from bookingdb import errors

CLASSES = errors.BookingError.__subclasses__()


@pytest.fixture
def call(scratch):
    """Call a function of the scratch schema."""
    with bookingdb.connect(scratch, schema="scratch") as database:
        yield database.call


def test_every_reason_of_the_database_has_its_class(db):
    catalogue = dict(db.execute("SELECT reason, status FROM _error_reasons()").fetchall())
    assert {cls.reason: cls.status for cls in CLASSES} == catalogue


def test_every_class_is_public_and_documented():
    for cls in [*CLASSES, errors.BookingError, errors.RetryableError]:
        assert getattr(bookingdb, cls.__name__) is cls
        assert cls.__name__ in bookingdb.__all__
        assert cls.__doc__


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.reason)
def test_the_reason_decides_the_class(call, cls):
    with pytest.raises(errors.BookingError) as refusal:
        call("fail", sqlstate=f"PT{cls.status}", detail=json.dumps({"reason": cls.reason, "status": "x"}))
    assert type(refusal.value) is cls
    assert refusal.value.status == cls.status
    assert refusal.value.context == {"status": "x"}


def test_a_refusal_carries_everything_the_database_said(call):
    with pytest.raises(bookingdb.InsufficientPoints) as refusal:
        call("add_note", note="x", refuse=True)
    error = refusal.value
    assert (error.reason, error.status, error.sqlstate) == ("insufficient_points", 402, "PT402")
    assert error.context == {"required": 150, "available": 149}
    assert (error.message, error.hint, str(error)) == ("Not enough", "Earn some", "Not enough")
    assert isinstance(error.__cause__, psycopg.Error)


def test_a_refusal_survives_pickling(call):
    with pytest.raises(bookingdb.InsufficientPoints) as refusal:
        call("add_note", note="x", refuse=True)
    copy = pickle.loads(pickle.dumps(refusal.value))  # noqa: S301 - what we pickled ourselves
    assert type(copy) is bookingdb.InsufficientPoints
    assert vars(copy) == vars(refusal.value)


def test_a_reason_of_a_newer_database_is_a_booking_error(call):
    with pytest.raises(bookingdb.BookingError) as refusal:
        call("fail", sqlstate="PT418", detail='{"reason": "teapot", "handle": 1}')
    assert type(refusal.value) is bookingdb.BookingError
    assert (refusal.value.reason, refusal.value.status) == ("teapot", 418)
    assert refusal.value.context == {"handle": 1}


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03"])
def test_what_may_succeed_later_is_retryable(call, sqlstate):
    with pytest.raises(bookingdb.RetryableError) as refusal:
        call("fail", sqlstate=sqlstate)
    assert refusal.value.sqlstate == sqlstate
    assert not isinstance(refusal.value, bookingdb.BookingError)


@pytest.mark.parametrize(
    ("sqlstate", "detail"),
    [
        ("23505", '{"reason": "already_booked"}'),
        ("PT409", "plain words"),
        ("PT409", '["reason"]'),
        ("PT409", '{"status": "x"}'),
        ("PTABC", '{"reason": "already_booked"}'),
        ("P0001", ""),
    ],
)
def test_any_other_error_is_psycopgs_own(call, sqlstate, detail):
    with pytest.raises(psycopg.Error) as error:
        call("fail", sqlstate=sqlstate, detail=detail)
    assert error.value.sqlstate == sqlstate
    assert error.value.__cause__ is None


def test_an_error_that_no_server_sent_is_unchanged():
    error = psycopg.OperationalError("connection refused")
    assert errors.translate(error) is error
