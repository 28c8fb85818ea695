"""cleanup_orphaned_sessions(): peer sessions that nobody paid for are cancelled and reported."""

import pytest
from gusmester.calls import ask, run
from gusmester.snapshot import nothing_written
from psycopg import errors
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.refusals import refused

from peer.exchange import Exchange

PAY = "SELECT process_peer_booking_credits(%s, %s, %s, 60)"


@pytest.fixture
def orphan(exchange):
    """A session that was made 16 minutes ago without payment, its client and its practitioner."""
    client, practitioner = exchange.pair()
    session = exchange.unpaid(client, practitioner)
    exchange.ages(session, "16 minutes")
    return session, client, practitioner


@pytest.fixture
def other(connect):
    """The service on another connection."""
    return Exchange(connect())


class TestWhatIsCleaned:
    def test_is_reported_and_cancelled_not_deleted(self, exchange, orphan):
        session, client, practitioner = orphan
        (row,) = ask(exchange.connection, "cleanup_orphaned_sessions")
        starts_at, created_at = row.pop("starts_at"), row.pop("created_at")
        assert row == {"session_id": session, "client_id": client, "practitioner_id": practitioner}
        assert (starts_at, created_at) == exchange.about(session, "starts_at", "created_at")
        assert exchange.about(session, "status", "cancelled_by") == ("cancelled", None)
        assert exchange.about(session, "cancellation_reason") == "Never paid for"

    def test_is_on_record_and_told_to_both(self, exchange, orphan):
        exchange.cleans()
        ((row),) = exchange.audits("cleanup_orphaned_sessions")
        assert row["entity_id"] == orphan[0]
        assert exchange.told(orphan[0]) == ["booking_cancelled", "booking_cancelled"]

    def test_frees_the_time_of_both(self, exchange, orphan):
        exchange.cleans()
        assert exchange.books(*orphan[1:])["success"] is True

    def test_is_cleaned_once(self, exchange, orphan):
        assert exchange.cleans() == [orphan[0]]
        with nothing_written(exchange.connection):
            assert exchange.cleans() == []

    def test_is_cleaned_however_far_it_has_come(self, exchange, orphan):
        exchange.becomes(orphan[0], "in_progress")
        exchange.starts(orphan[0])
        assert exchange.cleans() == [orphan[0]]

    def test_is_all_of_it_oldest_first(self, exchange):
        made = []
        for age in (20, 60, 40):
            made.append((age, exchange.unpaid(*exchange.pair())))
            exchange.ages(made[-1][1], f"{age} minutes")
        assert exchange.cleans() == [session for _, session in sorted(made, reverse=True)]

    def test_is_found_by_run_maintenance_too(self, exchange, orphan):
        assert run(exchange.connection, "run_maintenance")["done"]["orphans_cancelled"] == 1
        assert exchange.about(orphan[0], "status") == "cancelled"


class TestWhatIsLeftAlone:
    @pytest.fixture(autouse=True)
    def nothing_is_cleaned(self, exchange):
        """After each test, by nobody."""
        yield
        with nothing_written(exchange.connection):
            assert exchange.cleans() == []

    def test_is_what_is_14_minutes_old(self, exchange):
        exchange.ages(exchange.unpaid(*exchange.pair()), "14 minutes")

    def test_is_what_is_paid(self, exchange, orphan):
        exchange.pays(*orphan)

    def test_is_what_was_booked_with_payment(self, exchange):
        session, _, _ = exchange.booked()
        exchange.ages(session, "1 day")

    @pytest.mark.parametrize("status", ["completed", "cancelled", "no_show"])
    def test_is_what_is_over(self, exchange, orphan, status):
        exchange.becomes(orphan[0], status)

    def test_is_therapy(self, exchange):
        session = exchange.session(exchange.person(), exchange.peer(), "2090-01-01 10:00Z")
        exchange.ages(session, "1 day")


class TestTheAge:
    def test_is_15_minutes_to_the_microsecond(self, exchange):
        session = exchange.unpaid(*exchange.pair())
        with exchange.connection.transaction():
            exchange.ages(session, "15 minutes")
            assert exchange.cleans() == []
            exchange.ages(session, "15 minutes 1 microsecond")
            assert exchange.cleans() == [session]

    def test_is_what_the_caller_says(self, exchange):
        session = exchange.unpaid(*exchange.pair())
        exchange.ages(session, "2 hours")
        assert exchange.cleans(p_older_than="3 hours") == []
        assert exchange.cleans(p_older_than="1 hour") == [session]

    def test_may_be_nothing(self, exchange):
        session = exchange.unpaid(*exchange.pair())
        assert exchange.cleans(p_older_than="0") == [session]

    @pytest.mark.parametrize("age", [None, "-1 microsecond", "367 days", "1000 years", "-1000 years"])
    def test_is_not_negative_nor_beyond_a_year(self, exchange, refuses, age):
        exchange.ages(exchange.unpaid(*exchange.pair()), "16 minutes")
        with refuses("invalid_input", parameter="p_older_than"):
            exchange.cleans(p_older_than=age)


class TestWhileItIsBeingPaid:
    def test_is_left_alone_without_waiting(self, exchange, other, orphan):
        other.connection.execute("BEGIN")
        other.pays(*orphan)
        exchange.connection.execute("SET lock_timeout = '10ms'")
        assert exchange.cleans() == []
        other.connection.execute("COMMIT")
        assert exchange.cleans() == []
        assert exchange.about(orphan[0], "status") == "scheduled"

    def test_others_are_cleaned_meanwhile(self, exchange, other, orphan):
        another = exchange.unpaid(*exchange.pair())
        exchange.ages(another, "1 hour")
        other.connection.execute("BEGIN")
        other.pays(*orphan)
        assert exchange.cleans() == [another]
        other.connection.execute("COMMIT")

    def test_is_cleaned_when_the_payment_is_rolled_back(self, exchange, other, orphan):
        other.connection.execute("BEGIN")
        other.pays(*orphan)
        assert exchange.cleans() == []
        other.connection.execute("ROLLBACK")
        assert exchange.cleans() == [orphan[0]]

    def test_a_payment_that_comes_during_the_cleaning_is_refused(self, exchange, db, connect, other, orphan):
        session, client, practitioner = orphan
        other.connection.execute("BEGIN")
        other.cleans()
        payer = connect()
        later = execute_in_thread(payer, PAY, [client, practitioner, session])
        wait_until_blocked(db, payer.info.backend_pid)
        other.connection.execute("COMMIT")
        with refused("invalid_state", status="cancelled"):
            later.result(TIMEOUT)
        assert exchange.balance(client) == 60

    def test_two_cleanings_at_once_share_the_work(self, exchange, other):
        made = [exchange.unpaid(*exchange.pair()) for _ in range(3)]
        for session in made:
            exchange.ages(session, "1 hour")
        other.connection.execute("BEGIN")
        assert sorted(other.cleans()) == sorted(made)
        assert exchange.cleans() == []
        other.connection.execute("COMMIT")
        assert len(exchange.audits("cleanup_orphaned_sessions")) == 3


class TestWhoCleans:
    def test_is_the_service(self, exchange, as_service, orphan):
        assert Exchange(as_service()).cleans() == [orphan[0]]

    def test_is_no_user_and_nobody_else(self, as_user, as_anon, orphan):
        for connection in (as_user(orphan[1]), as_anon()):
            with pytest.raises(errors.InsufficientPrivilege):
                Exchange(connection).cleans()

    def test_is_no_user_who_comes_as_the_service(self, as_service, refuses, orphan):
        connection = as_service()
        connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [f'{{"sub": "{orphan[1]}"}}'])
        with refuses("not_allowed"):
            Exchange(connection).cleans()

    def test_is_refused_in_another_isolation(self, exchange, refuses, orphan):
        with refuses("invalid_input", parameter="transaction_isolation"), exchange.connection.transaction():
            exchange.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            exchange.cleans()


def test_run_is_not_for_users(as_user, orphan):
    with pytest.raises(errors.InsufficientPrivilege):
        run(as_user(orphan[1]), "run_maintenance")
