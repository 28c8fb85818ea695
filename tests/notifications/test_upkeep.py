"""The queue stays small: what is done leaves it by the retentions of settings, and costs claims nothing until then."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from gusmester.calls import ask, run
from gusmester.snapshot import nothing_written
from support.race import race
from support.refusals import refused
from therapy.fixtures import clinic, clinic_as
from worker.outbox import Outbox

__all__ = ["clinic", "clinic_as"]

DONE = ["sent", "withdrawn", "dead"]


@pytest.fixture
def outbox(db: psycopg.Connection) -> Outbox:
    return Outbox(db)


def maintain(db: psycopg.Connection, **more) -> dict[str, int]:
    """Run the housekeeping and return what it did."""
    done: dict[str, int] = run(db, "run_maintenance", **more)["done"]
    return {task: number for task, number in done.items() if number}


def aged(outbox: Outbox, status: str, days: float, **more):
    """Queue one that was due so many days ago, and is of this status."""
    fields = {"user_id": outbox.person(), "payload": {"name": "Yoga"}} | more
    queued = outbox.queue(due_at=datetime.now(UTC) - timedelta(days=days), **fields)
    outbox.connection.execute(
        "UPDATE notifications SET status = %s, last_error = '550 anna@home.example', attempts = 3 WHERE id = %s",
        [status, queued],
    )
    return queued


class TestTheQueue:
    @pytest.mark.parametrize("status", DONE)
    def test_forgets_what_is_done_after_its_retention(self, status, outbox, db):
        aged(outbox, status, 90.1)
        kept = aged(outbox, status, 89.9)
        assert maintain(db)["notifications_forgotten"] == 1
        assert outbox.one("id") == (kept,)
        assert outbox.rows("SELECT FROM notification_archive") == []

    @pytest.mark.parametrize("status", ["pending", "leased"])
    def test_keeps_what_is_to_be_sent_however_old(self, status, outbox, db):
        aged(outbox, status, 4000)
        assert maintain(db) == {}


class TestTheArchive:
    @pytest.fixture(autouse=True)
    def is_wanted(self, db):
        db.execute("UPDATE settings SET notification_archive = true")

    @pytest.mark.parametrize("status", DONE)
    def test_gets_what_leaves_the_queue(self, status, outbox, db):
        queued = aged(outbox, status, 91)
        columns = "id, type, user_id, therapist_id, session_id, due_at, status, attempts, created_at, sent_at"
        row = outbox.one(columns)
        assert maintain(db) == {"notifications_archived": 1}
        assert outbox.rows(f"SELECT {columns} FROM notification_archive") == [row]
        assert outbox.statuses() == {}
        with nothing_written(db), refused("not_found", id=queued):
            run(db, "requeue_notification", p_notification_id=queued)

    def test_holds_nothing_that_identifies_a_person(self, outbox, db):
        aged(outbox, "sent", 91, user_id=None, address="gro@home.example", payload={"reason": "Gro is ill"})
        maintain(db)
        ((archived,),) = outbox.rows("SELECT a::text FROM notification_archive a")
        assert [trace for trace in ("gro", "ill", "anna") if trace in archived.lower()] == []

    def test_forgets_after_its_own_retention(self, outbox, db):
        db.execute("UPDATE settings SET notification_archive_retention = '100 days'")
        kept = aged(outbox, "sent", 99)
        aged(outbox, "sent", 101)
        assert maintain(db) == {"notifications_archived": 2, "archived_notifications_forgotten": 1}
        assert outbox.rows("SELECT id FROM notification_archive") == [(kept,)]

    def test_is_kept_when_no_more_goes_there(self, outbox, db):
        aged(outbox, "sent", 91)
        maintain(db)
        db.execute("UPDATE settings SET notification_archive = false")
        aged(outbox, "sent", 91)
        assert maintain(db) == {"notifications_forgotten": 1}
        assert len(outbox.rows("SELECT FROM notification_archive")) == 1

    def test_takes_one_that_was_put_back_by_hand(self, outbox, db):
        aged(outbox, "sent", 91)
        db.execute("CREATE TABLE kept AS SELECT id, type, user_id, due_at, status FROM notifications")
        maintain(db)
        db.execute("INSERT INTO notifications (id, type, user_id, due_at, status) SELECT * FROM kept")
        assert maintain(db) == {"notifications_archived": 1}
        assert outbox.statuses() == {}

    def test_is_filled_once_by_however_many(self, outbox, db, connect):
        outbox.queue_many(300)
        db.execute("UPDATE notifications SET status = 'sent', due_at = now() - interval '91 days'")
        done = race(4, lambda _: connect(), lambda connection, _: [maintain(connection, p_limit=40) for _ in range(10)])
        moved = [answer.get("notifications_archived", 0) for answers in done for answer in answers]
        assert (sum(moved), max(moved)) == (300, 40)
        assert outbox.rows("SELECT count(*) FROM notification_archive") == [(300,)]
        assert outbox.statuses() == {}

    def test_is_read_by_the_service_alone(self, outbox, db, as_service, as_user):
        anna = outbox.person()
        aged(outbox, "sent", 91, user_id=anna)
        maintain(db)
        assert len(as_service().execute("SELECT FROM notification_archive").fetchall()) == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_user(anna).execute("SELECT FROM notification_archive")

    def test_leaves_the_reminders_of_sessions_to_come(self, clinic, db):
        """I11: the shortest retention is longer than a reminder is early. Four days pass, the session is to begin."""
        db.execute("UPDATE settings SET notification_retention = '2 days'")
        clinic.booked(after="4 days 1 minute")
        db.execute("ALTER TABLE client_sessions DISABLE TRIGGER USER")
        db.execute(
            "UPDATE client_sessions SET starts_at = starts_at - interval '4 days',"
            " ends_at = ends_at - interval '4 days', scheduled_at = scheduled_at - interval '4 days'"
        )
        db.execute("UPDATE notifications SET status = 'sent', due_at = due_at - interval '4 days'")
        maintain(db)
        left = {kind for (kind,) in db.execute("SELECT type FROM notifications")}
        assert left == {"booking_reminder_24h", "booking_reminder_1h"}
        assert clinic.broken_invariants() == []


class TestPayloads:
    @pytest.mark.parametrize("status", ["sent", "withdrawn"])
    def test_are_forgotten_after_their_retention(self, status, outbox, db):
        old, young = aged(outbox, status, 30.1), aged(outbox, status, 29.9)
        assert maintain(db) == {"notification_payloads_forgotten": 1}
        assert maintain(db) == {}
        found = {row[0]: row[1:] for row in outbox.rows("SELECT id, status, payload, last_error FROM notifications")}
        assert found == {
            old: (status, {}, None),
            young: (status, {"name": "Yoga"}, "550 anna@home.example"),
        }

    @pytest.mark.parametrize("status", ["dead", "pending", "leased"])
    def test_are_kept_as_long_as_they_may_be_sent(self, status, outbox, db):
        aged(outbox, status, 80)
        assert maintain(db) == {}
        assert outbox.one("payload") == ({"name": "Yoga"},)

    def test_are_forgotten_so_many_at_a_time(self, outbox, db):
        for _ in range(3):
            aged(outbox, "sent", 31)
        assert [maintain(db, p_limit=2) for _ in range(3)] == [
            {"notification_payloads_forgotten": 2},
            {"notification_payloads_forgotten": 1},
            {},
        ]


class TestChurn:
    """Thousands pass through a queue that is not vacuumed: the claims after them read no more than the first."""

    BATCH = 20

    @pytest.fixture
    def busy(self, db) -> psycopg.Connection:
        """The queue, with what was sent, and with reminders for later."""
        db.execute("ALTER TABLE notifications SET (autovacuum_enabled = off)")
        db.execute("""
            INSERT INTO notifications (id, type, user_id, due_at, status)
            SELECT gen_random_uuid(), 'test', gen_random_uuid(), now() + i * interval '1 minute',
                   CASE WHEN i > 0 THEN 'pending' ELSE 'sent' END
            FROM generate_series(-20000, 2000) AS i
        """)
        db.execute("VACUUM ANALYZE notifications")
        return db

    def blocks(self, connection: psycopg.Connection, batches: int) -> float:
        """Pass batches through; return how many blocks of the queue's index and table a claim read."""
        read = 0
        for _ in range(batches):
            Outbox(connection).queue_many(self.BATCH)
            before = self._blocks(connection)
            claimed = [row["notification_id"] for row in ask(connection, "claim_notifications", p_worker="w")]
            read += self._blocks(connection) - before
            assert len(claimed) == self.BATCH
            connection.execute("SELECT complete_notification(id, 'w') FROM unnest(%s::uuid[]) AS id", [claimed])
        return read / batches

    def _blocks(self, connection: psycopg.Connection) -> int:
        connection.execute("SELECT pg_stat_force_next_flush()")
        ((blocks,),) = connection.execute(
            "SELECT idx_blks_hit + idx_blks_read + heap_blks_hit + heap_blks_read FROM pg_statio_user_tables"
            " WHERE relname = 'notifications'"
        )
        return int(blocks)

    def test_claims_read_no_more_however_many_were_sent(self, busy):
        first = self.blocks(busy, 20)
        self.blocks(busy, 200)
        assert self.blocks(busy, 20) < 1.5 * first

    def test_a_claim_leaves_nothing_behind_in_an_index(self, busy):
        self.blocks(busy, 50)
        busy.execute("SELECT pg_stat_force_next_flush()")
        ((hot,),) = busy.execute(
            "SELECT n_tup_hot_upd::float8 FROM pg_stat_user_tables WHERE relname = 'notifications'"
        )
        assert hot >= 0.8 * 50 * self.BATCH

    def test_the_index_stays_small(self, busy):
        size = "SELECT pg_relation_size('notifications_to_send')"
        ((before,),) = busy.execute(size)
        self.blocks(busy, 100)
        busy.execute("VACUUM notifications")  # so that new rows fill gaps, and some claims find no room on their page
        self.blocks(busy, 300)
        ((after,),) = busy.execute(size)
        assert after < 1.5 * before
