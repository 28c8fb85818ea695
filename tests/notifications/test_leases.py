"""Contract section 8: notifications are handed out under leases, and whoever holds one says how it went."""

from uuid import UUID, uuid4

import psycopg
import pytest
from gusmester.calls import Json, ask, run
from gusmester.snapshot import nothing_written
from support.race import race
from support.refusals import refused
from worker.outbox import Outbox


@pytest.fixture
def outbox(db: psycopg.Connection) -> Outbox:
    return Outbox(db)


def claim(db: psycopg.Connection, worker: str = "w", **more) -> list[Json]:
    return ask(db, "claim_notifications", p_worker=worker, **more)


def complete(db: psycopg.Connection, notification: object, worker: str = "w") -> Json:
    return run(db, "complete_notification", p_notification_id=notification, p_worker=worker)


def fail(db: psycopg.Connection, notification: object, worker: str = "w", **more) -> Json:
    arguments = {"p_notification_id": notification, "p_worker": worker, "p_error": "No answer"}
    return run(db, "fail_notification", **arguments | more)


class TestClaiming:
    def test_in_order_of_time_and_no_more_than_asked_for(self, outbox, db):
        ids = [outbox.queue(due_at=f"2026-01-0{day}Z", user_id=outbox.person()) for day in (3, 1, 2)]
        claimed = [[row["notification_id"] for row in claim(db, p_limit=2)] for _ in range(3)]
        assert claimed == [[str(ids[1]), str(ids[2])], [str(ids[0])], []]

    def test_what_is_due_at_this_very_moment(self, outbox, db):
        with db.transaction():
            outbox.queue(due_at=str(outbox.rows("SELECT now()")[0][0]), user_id=outbox.person())
            assert len(claim(db)) == 1

    def test_a_lease_that_is_over_is_taken_over(self, outbox, db):
        outbox.queue()
        claim(db, "a")
        assert claim(db, "b") == []
        outbox.end_leases("a")
        assert [row["attempts"] for row in claim(db, "b")] == [2]
        assert outbox.one("leased_by") == ("b",)

    def test_a_lease_that_is_over_waits_for_its_turn(self, outbox, db):
        """What kills its workers comes back no sooner than when it was due, and keeps nothing else waiting for long."""
        broken = outbox.queue()
        claim(db, "a")
        outbox.end_leases("a")
        others = [str(outbox.queue()) for _ in range(2)]
        assert [row["notification_id"] for row in claim(db, "b")] == [str(broken), *others]

    def test_workers_at_once_get_different_ones(self, outbox, db, connect):
        outbox.queue_many(200)
        claims = race(
            8,
            lambda _: connect(),
            lambda connection, i: [
                row["notification_id"] for _ in range(5) for row in claim(connection, f"w{i}", p_limit=5)
            ],
        )
        taken = [notification for claimed in claims for notification in claimed]
        assert len(taken) == len(set(taken)) == 200
        assert outbox.rows("SELECT DISTINCT attempts FROM notifications") == [(1,)]

    def test_what_somebody_else_is_just_taking_is_not_waited_for(self, outbox, db, connect):
        outbox.queue_many(2)
        first = connect()
        first.execute("BEGIN")
        (held,) = claim(first, "a", p_limit=1)
        assert [row["notification_id"] for row in claim(db, "b")] != [held["notification_id"]]
        first.execute("ROLLBACK")
        assert [row["notification_id"] for row in claim(db, "b")] == [held["notification_id"]]

    def test_the_worn_out_are_dead_and_say_why(self, outbox, db):
        """A lease that ended is why; of one that was put off it stays what the last attempt said."""
        lease = outbox.queue()
        claim(db)
        outbox.end_leases()
        put_off = outbox.queue()
        db.execute("UPDATE notifications SET last_error = 'No answer', attempts = 10")
        assert claim(db) == []
        assert dict(outbox.rows("SELECT id, last_error FROM notifications WHERE status = 'dead'")) == {
            lease: "The lease of the last attempt ended",
            put_off: "No answer",
        }

    def test_a_user_is_no_worker(self, outbox, db, as_service):
        outbox.queue()
        service = as_service()
        service.execute("SELECT set_config('request.jwt.claims', %s, false)", [f'{{"sub": "{uuid4()}"}}'])
        (held,) = claim(db)
        for call in (claim, lambda c: complete(c, held["notification_id"]), lambda c: fail(c, held["notification_id"])):
            with nothing_written(db), refused("not_allowed"):
                call(service)


class TestCompleting:
    def test_what_is_held(self, outbox, db):
        queued = outbox.queue()
        claim(db)
        assert complete(db, queued) == {"success": True, "notification_id": str(queued), "status": "sent"}
        assert outbox.one("status, leased_by, leased_until, sent_at IS NOT NULL") == ("sent", None, None, True)

    def test_by_the_same_name_however_it_is_spaced(self, outbox, db):
        queued = outbox.queue()
        claim(db, " w\n")
        assert complete(db, queued, "w ")["status"] == "sent"

    def test_what_another_one_holds_is_refused(self, outbox, db):
        queued = outbox.queue()
        claim(db, "a")
        with nothing_written(db), refused("invalid_state", status="leased"):
            complete(db, queued, "b")

    def test_what_is_done_is_refused(self, outbox, db):
        queued = outbox.queue()
        with refused("invalid_state", status="pending"):
            complete(db, queued)
        claim(db)
        complete(db, queued)
        with nothing_written(db), refused("invalid_state", status="sent"):
            complete(db, queued)

    def test_after_the_lease_is_over_but_before_another_one_took_it(self, outbox, db):
        queued = outbox.queue()
        claim(db)
        outbox.end_leases()
        assert complete(db, queued)["status"] == "sent"

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [((None, "w"), "invalid_input"), ((UUID(int=0), "w"), "not_found"), ((UUID(int=0), None), "invalid_input")],
    )
    def test_nothing_is_refused(self, arguments, reason, db):
        with refused(reason):
            complete(db, *arguments)

    def test_while_it_is_being_taken_over_waits_for_who_takes_it(self, outbox, db, connect):
        queued = outbox.queue()
        claim(db, "a")
        outbox.end_leases()
        answers = race(2, lambda _: connect(), lambda c, i: (claim(c, "b"), None) if i else complete(c, queued, "a"))
        status, leased_by = outbox.one("status, leased_by")
        assert (status, leased_by) in [("sent", None), ("leased", "b")]
        assert isinstance(answers[0], Exception) == (status == "leased")


class TestFailing:
    @pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 20), (5, 160), (9, 2560)])
    def test_is_tried_again_after_twice_as_long(self, attempts, seconds, outbox, db):
        queued = outbox.queue()
        db.execute("UPDATE notifications SET attempts = %s", [attempts - 1])
        claim(db)
        with db.transaction():
            assert fail(db, queued)["status"] == "pending"
            (waits,) = outbox.one("extract(epoch FROM due_at - now())::float8")
        assert seconds / 2 <= waits <= seconds

    @pytest.mark.parametrize("attempts", [30, 99])
    @pytest.mark.parametrize("backoff", ["1 second", "23:59:59", "1 day"])
    def test_is_put_off_for_the_longest_wait_at_most(self, attempts, backoff, outbox, db):
        """However often it was tried, the doubling does not leave what an interval can be."""
        db.execute(
            "UPDATE settings SET notification_max_attempts = 100, notification_backoff_max = '31 days',"
            " notification_backoff = %s",
            [backoff],
        )
        queued = outbox.queue()
        db.execute("UPDATE notifications SET attempts = %s", [attempts - 1])
        claim(db)
        with db.transaction():
            fail(db, queued)
            assert outbox.one("due_at BETWEEN now() + interval '15 days' AND now() + interval '31 days'") == (True,)

    def test_for_good_is_dead_at_once(self, outbox, db):
        queued = outbox.queue()
        claim(db)
        assert fail(db, queued, p_permanent=True)["status"] == "dead"
        assert outbox.one("status, attempts, last_error, leased_by") == ("dead", 1, "No answer", None)
        run(db, "requeue_notification", p_notification_id=queued)
        assert len(claim(db)) == 1

    def test_says_whether_it_is_for_good(self, outbox, db):
        queued = outbox.queue()
        claim(db)
        with nothing_written(db), refused("invalid_input", parameter="p_permanent"):
            fail(db, queued, p_permanent=None)
