"""What the worker does with what is due, whoever delivers it."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from bookingdb.worker import DeliveryError, Notification, Route
from worker.conftest import until
from worker.handlers import Recorder, for_ever, until_open


class TestDelivery:
    async def test_empties_the_queue(self, outbox, work):
        outbox.queue_many(30)
        handler = Recorder()
        worker = await work(handler, concurrency=7)
        assert len({notification.id for notification in handler.delivered}) == 30
        assert outbox.statuses() == {"sent": 30}
        assert (worker.metrics.sent, worker.metrics.in_flight) == (30, 0)

    async def test_leaves_what_is_not_due(self, outbox, work):
        outbox.queue(due_at=datetime.now(UTC) + timedelta(hours=1), user_id=outbox.person())
        handler = Recorder()
        await work(handler)
        assert handler.delivered == []

    async def test_in_order_of_time(self, outbox, work):
        now = datetime.now(UTC)
        ages = {outbox.queue(due_at=now - timedelta(minutes=m), user_id=outbox.person()): m for m in (1, 3, 2)}
        handler = Recorder()
        await work(handler, concurrency=1)
        assert [ages[notification.id] for notification in handler.delivered] == [3, 2, 1]

    async def test_as_many_at_once_as_it_may_and_no_more(self, outbox, work):
        outbox.queue_many(12)
        gate = asyncio.Barrier(4)

        async def together(_notification: Notification) -> None:
            await gate.wait()

        handler = Recorder(together)
        await work(handler, concurrency=4)
        assert handler.most_at_once == 4

    async def test_goes_to_the_first_handler_that_takes_the_type(self, outbox, work):
        for notification_type in ("booking_cancelled", "create_video_room", "class_cancelled"):
            outbox.queue(notification_type)
        rooms, bookings, rest = Recorder(), Recorder(), Recorder()
        await work(Route(["create_video_room"], rooms), Route(["booking_*"], bookings), rest)
        assert (rooms.types, bookings.types, rest.types) == (
            ["create_video_room"],
            ["booking_cancelled"],
            ["class_cancelled"],
        )

    async def test_fails_what_no_handler_takes(self, outbox, work):
        outbox.queue("odd")
        await work(Route(["even"], Recorder()))
        assert outbox.one("status, last_error") == ("pending", "no handler takes this type")


class TestFailure:
    async def test_is_recorded_and_tried_again(self, outbox, work):
        outbox.queue()

        async def refuse(_notification: Notification) -> None:
            raise DeliveryError("busy", "ask again")

        worker = await work(Recorder(refuse))
        assert outbox.one("status, attempts, last_error, due_at > now()") == ("pending", 1, "busy: ask again", True)
        assert (worker.metrics.failed, worker.metrics.sent) == (1, 0)
        outbox.make_due()
        handler = Recorder()
        await work(handler)
        assert [notification.attempts for notification in handler.delivered] == [2]

    async def test_is_dead_after_the_last_attempt(self, outbox, work, db):
        db.execute("UPDATE settings SET notification_max_attempts = 2")
        outbox.queue()

        async def crash(_notification: Notification) -> None:
            raise ZeroDivisionError

        for _ in range(2):
            outbox.make_due()
            worker = await work(Recorder(crash))
        assert worker.metrics.dead == 1
        assert outbox.one("status, last_error") == ("dead", "ZeroDivisionError")

    async def test_by_a_cancellation_of_its_own_is_recorded_like_any_other(self, outbox, work):
        """Not the worker's: a task that the handler waited for was cancelled by somebody."""
        outbox.queue()

        async def cancelled(_notification: Notification) -> None:
            raise asyncio.CancelledError

        worker = await work(Recorder(cancelled))
        assert outbox.one("status, last_error") == ("pending", "CancelledError")
        assert worker.metrics.failed == 1

    async def test_for_good_is_dead_at_once(self, outbox, work):
        outbox.queue()

        async def refuse(_notification: Notification) -> None:
            raise DeliveryError("no such house", permanent=True)

        worker = await work(Recorder(refuse))
        assert outbox.one("status, attempts, last_error") == ("dead", 1, "no such house")
        assert (worker.metrics.dead, worker.metrics.failed) == (1, 0)

    @pytest.mark.parametrize("text", ["\0", "\ud800", "x" * 20_000, " "])
    async def test_is_recorded_whatever_it_says(self, text, outbox, work):
        outbox.queue()

        async def crash(_notification: Notification) -> None:
            raise ValueError(text)

        await work(Recorder(crash))
        status, error = outbox.one("status, last_error")
        assert status == "pending"
        assert error.startswith("ValueError:")

    @pytest.mark.parametrize("text", ["", " ", "\0", "\n"])
    async def test_is_recorded_by_its_name_when_it_says_nothing(self, text, outbox, work):
        outbox.queue()

        async def refuse(_notification: Notification) -> None:
            raise DeliveryError(text)

        await work(Recorder(refuse))
        assert outbox.one("status, last_error") == ("pending", "DeliveryError")

    async def test_is_recorded_by_its_name_when_it_cannot_say_anything(self, outbox, work):
        outbox.queue()

        class MuteError(Exception):
            def __str__(self) -> str:
                raise ZeroDivisionError

        async def refuse(_notification: Notification) -> None:
            raise MuteError

        await work(Recorder(refuse))
        assert outbox.one("status, last_error") == ("pending", "MuteError")

    async def test_by_leaving_the_program_leaves_the_worker_alone(self, outbox, work):
        outbox.queue()

        async def leave(_notification: Notification) -> None:
            sys.exit("no")

        await work(Recorder(leave))
        assert outbox.one("status, last_error") == ("pending", "SystemExit: no")

    async def test_a_handler_that_takes_too_long_is_cancelled_and_fails(self, outbox, work):
        outbox.queue()
        await work(Recorder(for_ever), timeout=0.05)
        assert outbox.one("status, last_error") == ("pending", "the handler took longer than 0.05 s")

    async def test_of_one_does_not_disturb_the_others(self, outbox, work):
        bad = outbox.queue()
        outbox.queue_many(5)

        async def refuse_one(notification: Notification) -> None:
            if notification.id == bad:
                raise DeliveryError("no")

        await work(Recorder(refuse_one), concurrency=2)
        assert outbox.statuses() == {"pending": 1, "sent": 5}


class TestLeases:
    async def test_last_longer_than_the_handler_may_take(self, outbox, running):
        outbox.queue()
        gate = asyncio.Event()
        handler = Recorder(until_open(gate))
        async with running(handler, timeout=5) as worker:
            await handler.begun.wait()
            held = outbox.one("leased_by, leased_until > now() + interval '20 seconds'")
            assert held == (worker.name, True)
            gate.set()

    async def test_end_when_it_is_withdrawn(self, outbox, work, db):
        outbox.queue()

        async def withdraw(_notification: Notification) -> None:
            db.execute("UPDATE notifications SET status = 'withdrawn', leased_by = NULL, leased_until = NULL")

        worker = await work(Recorder(withdraw))
        assert outbox.one("status") == ("withdrawn",)
        assert (worker.metrics.lost, worker.metrics.sent) == (1, 0)

    async def test_of_another_worker_are_respected(self, outbox, work, db):
        outbox.queue()
        db.execute("SELECT claim_notifications('another worker')")
        handler = Recorder()
        await work(handler)
        assert handler.delivered == []
        outbox.end_leases()
        await work(handler)
        assert len(handler.delivered) == 1

    async def test_that_is_broken_meanwhile_is_not_completed(self, outbox, work, db):
        outbox.queue()

        async def too_late(_notification: Notification) -> None:
            # In one statement: the worker itself may take what nobody holds.
            db.execute(
                "UPDATE notifications SET leased_by = 'another worker', leased_until = now() + interval '1 hour'"
            )

        worker = await work(Recorder(too_late))
        assert outbox.one("status, leased_by") == ("leased", "another worker")
        assert (worker.metrics.lost, worker.metrics.sent) == (1, 0)

    async def test_that_broke_too_often_keep_nobody_waiting(self, outbox, work, db):
        """However many are worn out: the first claim hands out what is due after them."""
        outbox.queue_many(7)
        db.execute("UPDATE notifications SET attempts = 10, due_at = now() - interval '1 hour'")
        late = outbox.queue()
        handler = Recorder()
        await work(handler, concurrency=2)
        assert [notification.id for notification in handler.delivered] == [late]
        assert outbox.statuses() == {"dead": 7, "sent": 1}


class TestPeople:
    async def test_are_looked_up_when_it_is_sent(self, outbox, work, db):
        client, therapist = outbox.person("Anna", timezone="Europe/Oslo"), outbox.person("Bo")
        outbox.queue(user_id=client, therapist_id=therapist, payload={"client_id": client})
        db.execute("UPDATE profiles SET full_name = 'Anna Berg' WHERE user_id = %s", [client])
        handler = Recorder()
        await work(handler)
        (told,) = handler.delivered
        assert (told.client_name, told.therapist_name) == ("Anna Berg", "Bo")
        (receiver,) = told.receivers
        assert (receiver.name, receiver.timezone) == ("Anna Berg", "Europe/Oslo")

    @pytest.mark.parametrize("kind", ["booking_reminder_24h", "booking_reminder_1h"])
    async def test_both_get_a_reminder(self, kind, outbox, work):
        client, therapist = outbox.person(), outbox.person()
        outbox.queue(kind, user_id=client, therapist_id=therapist)
        handler = Recorder()
        await work(handler)
        assert [receiver.user_id for receiver in handler.delivered[0].receivers] == [client, therapist]

    @pytest.mark.parametrize("kind", ["booking_reminder_24h", "booking_reminder_1h"])
    async def test_are_not_reminded_of_what_has_begun(self, kind, outbox, work):
        """No worker ran for a day, or it was requeued."""
        begun = datetime.now(UTC) - timedelta(minutes=1)
        outbox.queue(kind, user_id=outbox.person(), payload={"starts_at": begun.isoformat()})
        handler = Recorder()
        worker = await work(handler)
        assert handler.delivered == []
        assert outbox.one("status") == ("sent",)
        assert (worker.metrics.skipped, worker.metrics.sent) == (1, 0)

    @pytest.mark.parametrize("starts_at", ["2090-12-24T17:30:00+00:00", "soon", None, 7])
    async def test_are_reminded_of_what_has_not_begun_as_far_as_it_says(self, starts_at, outbox, work):
        outbox.queue("booking_reminder_1h", user_id=outbox.person(), payload={"starts_at": starts_at})
        handler = Recorder()
        await work(handler)
        assert len(handler.delivered) == 1

    @pytest.mark.parametrize(("payload", "zone"), [({"timezone": "Asia/Tokyo"}, "Asia/Tokyo"), ({}, "UTC")])
    async def test_without_an_account_are_known_by_address(self, payload, zone, outbox, work):
        outbox.queue(address="gro@home.example", payload=payload)
        handler = Recorder()
        await work(handler)
        (receiver,) = handler.delivered[0].receivers
        assert (receiver.address, receiver.user_id, receiver.name, receiver.timezone) == (
            "gro@home.example",
            None,
            None,
            zone,
        )

    @pytest.mark.parametrize("payload", ["[]", "null", "7"])
    @pytest.mark.parametrize("kind", ["booking_confirmation", "booking_reminder_1h"])
    async def test_are_found_where_a_payload_by_hand_is_no_object(self, kind, payload, outbox, work, db):
        person = outbox.person()
        outbox.queue(kind, user_id=person)
        db.execute("UPDATE notifications SET payload = %s", [payload])
        handler = Recorder()
        await work(handler)
        assert [receiver.user_id for receiver in handler.delivered[0].receivers] == [person]

    async def test_employees_without_a_profile_have_their_address_at_the_club(self, outbox, work, db):
        user_id = uuid4()
        db.execute("INSERT INTO employees (user_id, name, email) VALUES (%s, 'Heidi', 'h@club.example')", [user_id])
        outbox.queue("gusmester_spot_booked", user_id=user_id)
        handler = Recorder()
        await work(handler)
        (receiver,) = handler.delivered[0].receivers
        assert (receiver.name, receiver.address) == ("Heidi", "h@club.example")

    async def test_who_are_erased_are_told_nothing(self, outbox, work, db):
        user_id = outbox.person()
        db.execute("SELECT erase_person(%s)", [user_id])
        outbox.queue(user_id=user_id)
        handler = Recorder()
        worker = await work(handler)
        assert handler.delivered == []
        assert outbox.one("status") == ("sent",)
        assert (worker.metrics.skipped, worker.metrics.sent) == (1, 0)

    async def test_who_are_erased_do_not_keep_the_other_from_a_reminder(self, outbox, work, db):
        client, therapist = outbox.person(), outbox.person()
        db.execute("SELECT erase_person(%s)", [client])
        outbox.queue("booking_reminder_1h", user_id=client, therapist_id=therapist)
        handler = Recorder()
        await work(handler)
        assert [receiver.user_id for receiver in handler.delivered[0].receivers] == [therapist]


def idle(outbox) -> bool:
    """Whether some worker says that it is idle."""
    return outbox.rows("SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted") != []


class TestWaiting:
    async def test_an_idle_worker_is_woken_at_once(self, outbox, running):
        handler = Recorder()
        async with running(handler, poll_interval=3600) as worker:
            for round_number in range(1, 4):
                await until(lambda: idle(outbox))
                outbox.queue()
                await until(lambda number=round_number: worker.metrics.sent == number, patience=5)

    async def test_of_several_idle_ones_none_sleeps_while_others_work(self, outbox, running):
        """Whoever does not hold the lock looks every second: the one who held it may be busy."""
        gate = asyncio.Event()
        first, second = Recorder(until_open(gate)), Recorder(until_open(gate))
        async with (
            running(first, poll_interval=3600, concurrency=1),
            running(second, poll_interval=3600, concurrency=1),
        ):
            await until(lambda: idle(outbox))
            outbox.queue()
            outbox.queue()
            async with asyncio.timeout(10):
                await first.begun.wait()
                await second.begun.wait()
            gate.set()

    async def test_a_lost_notification_is_found_by_looking(self, outbox, running, db):
        handler = Recorder()
        async with running(handler, poll_interval=0.3) as worker:
            await until(lambda: idle(outbox))
            db.execute(
                "INSERT INTO notifications (id, type, user_id, due_at) VALUES (gen_random_uuid(), 't', %s, now())",
                [outbox.person()],
            )
            await until(lambda: worker.metrics.sent == 1)

    async def test_another_tenants_notification_wakes_nobody(self, outbox, running, db):
        handler = Recorder()
        async with running(handler, poll_interval=3600):
            await until(lambda: idle(outbox))
            db.execute("NOTIFY bookingdb_notifications, 'another schema'")
            assert idle(outbox)

    async def test_nobody_is_notified_while_no_worker_is_idle(self, outbox, db, connect):
        listening = connect()
        listening.execute("LISTEN bookingdb_notifications")
        outbox.queue()
        assert list(listening.notifies(timeout=0.2)) == []

    async def test_a_busy_worker_says_so(self, outbox, running):
        gate = asyncio.Event()
        handler = Recorder(until_open(gate))
        async with running(handler, poll_interval=3600, concurrency=1):
            await until(lambda: idle(outbox))
            outbox.queue()
            await handler.begun.wait()
            await until(lambda: not idle(outbox))
            gate.set()


class TestLostConnections:
    async def test_are_survived(self, outbox, running, db):
        handler = Recorder()
        async with running(handler, poll_interval=3600) as worker:
            for number in range(1, 4):
                await until(lambda: idle(outbox))
                cut_all(db)
                outbox.queue()
                await until(lambda number=number: worker.metrics.sent == number)

    async def test_while_it_delivers_it_is_completed_all_the_same(self, outbox, work, db):
        outbox.queue()

        async def cut(_notification: Notification) -> None:
            cut_all(db)

        worker = await work(Recorder(cut))
        assert outbox.one("status, attempts") == ("sent", 1)
        assert worker.metrics.sent == 1

    async def test_while_it_claims_leave_nothing_behind(self, outbox, work, db):
        """The second claim loses its connection; ``once`` is not over before the queue is empty."""
        db.execute("""
            CREATE SEQUENCE claims;
            CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('bookingdb.claims') = 2 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER cut BEFORE UPDATE ON notifications
            FOR EACH ROW WHEN (NEW.status = 'leased') EXECUTE FUNCTION cut();
        """)
        outbox.queue_many(3)
        handler = Recorder()
        await work(handler, concurrency=1)
        assert outbox.statuses() == {"sent": 3}
        assert len(handler.delivered) == 3

    async def test_an_answer_that_gets_lost_is_no_lost_lease(self, outbox, work, running):
        """It was completed, the answer did not arrive, it is said again."""
        outbox.queue()
        async with running(Recorder(), once=True) as worker:
            said: list[UUID] = []
            settle = worker._settle

            async def lose_the_first_answer(say, lease_ends):
                async def say_and_lose():
                    result = await say()
                    said.append(result.notification_id)
                    raise psycopg.OperationalError("lost")

                async def say_once_more():
                    return await (say() if said else say_and_lose())

                return await settle(say_once_more, lease_ends)

            worker._settle = lose_the_first_answer
        assert len(said) == 1
        assert (worker.metrics.sent, worker.metrics.lost) == (1, 0)


def cut_all(db: psycopg.Connection) -> None:
    """End all other connections to this database."""
    db.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )


class TestMaintenance:
    async def test_is_done_again_and_again(self, running, db, outbox):
        db.execute("UPDATE settings SET notification_retention = '2 days'")
        handler = Recorder()
        async with running(handler, maintenance_interval=0.05, poll_interval=3600):
            for _ in range(2):
                outbox.queue(due_at=datetime.now(UTC) - timedelta(days=3), user_id=outbox.person())
                await until(lambda: outbox.statuses() == {})

    async def test_is_done_batch_by_batch(self, work, db, outbox):
        outbox.queue_many(2500)
        db.execute("UPDATE notifications SET status = 'sent', due_at = now() - interval '1000 days'")
        await work(Recorder())
        assert outbox.statuses() == {}

    async def test_ends_with_the_batch_at_hand_when_the_worker_is_stopped(self, running, db, outbox):
        outbox.queue_many(2500)
        db.execute("UPDATE notifications SET status = 'sent', due_at = now() - interval '1000 days'")
        async with running(Recorder(), once=True) as worker:
            worker.stop()
        assert outbox.statuses() == {"sent": 1500}

    async def test_that_fails_stops_no_delivery(self, work, db, outbox):
        db.execute("ALTER TABLE notification_failures RENAME TO gone")
        outbox.queue()
        worker = await work(Recorder())
        assert worker.metrics.sent == 1
