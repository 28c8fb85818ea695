"""allocate_monthly_credits(): scenario 12, whose period it is, and whose subscription."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from gusmester.calls import Json, run, run_for_text
from gusmester.snapshot import nothing_written
from psycopg import errors
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.race import race
from support.refusals import assert_refusal, refused

from credits.bank import UNKNOWN, Bank

ALLOCATE = "allocate_monthly_credits"

NIL = "00000000-0000-0000-0000-000000000000"


def at(text: str) -> datetime:
    """Return an instant given in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def anna(bank):
    """Somebody without an account."""
    return bank.person()


@pytest.fixture
def subscription(bank, anna):
    """Anna's subscription."""
    return subscribe(bank, anna)


def subscribe(bank: Bank, person: str | None) -> str:
    """Make a subscription and return its id."""
    return str(bank.value("INSERT INTO subscriptions (user_id) VALUES (%s) RETURNING id", [person]))


def allocate(bank: Bank, person: str | None, subscription: str | None = None, amount: int | None = 40, **more) -> Json:
    """Allocate credits as the service."""
    arguments = {"p_user_id": person, "p_subscription_id": subscription, "p_amount": amount}
    return run(bank.connection, ALLOCATE, **arguments | {f"p_{name}": value for name, value in more.items()})


def periods(bank: Bank, person: str) -> list[tuple[datetime, datetime]]:
    """Return the periods that were allocated to somebody."""
    query = (
        "SELECT period_start, period_end FROM credit_allocations WHERE user_id = %s ORDER BY period_start, period_end"
    )
    return [(start.astimezone(UTC), end.astimezone(UTC)) for start, end in bank.rows(query, [person])]


class TestOnce:
    def test_three_times_is_once(self, bank, anna, subscription):
        first = allocate(bank, anna, subscription)
        assert first == {
            "success": True,
            "allocation_id": first["allocation_id"],
            "allocated": True,
            "balance_after": 40,
        }
        for _ in range(2):
            assert allocate(bank, anna, subscription) == first | {"allocated": False}
        assert bank.entries(anna) == [("session_earning", 40, 40)]
        assert len(bank.audits(ALLOCATE)) == 1

    def test_without_a_subscription_too(self, bank, anna):
        first = allocate(bank, anna)
        assert [allocate(bank, anna)["allocated"] for _ in range(2)] == [False, False]
        assert allocate(bank, anna)["allocation_id"] == first["allocation_id"]
        assert bank.entries(anna) == [("session_earning", 40, 40)]

    @pytest.mark.parametrize("balance", [0, 60])
    @pytest.mark.parametrize("subscribed", [True, False])
    def test_ten_at_once_is_once(self, bank, connect, subscribed, balance):
        person = bank.person(balance)
        whose = subscribe(bank, person) if subscribed else None
        answers = race(10, lambda _: connect(), lambda connection, _: allocate(Bank(connection), person, whose))
        assert [answer for answer in answers if isinstance(answer, Exception)] == []
        assert sorted(answer["allocated"] for answer in answers) == [False] * 9 + [True]
        assert len({answer["allocation_id"] for answer in answers}) == 1
        assert {answer["balance_after"] for answer in answers} == {balance + 40}
        assert bank.entries(person)[-1] == ("session_earning", 40, balance + 40)
        assert bank.balance(person) == balance + 40
        assert len(bank.audits(ALLOCATE)) == 1

    def test_the_second_waits_for_the_first_and_takes_over_should_it_fail(self, bank, connect, anna):
        statement = f"SELECT {ALLOCATE}(%s, NULL, 40) ->> 'allocated'"
        first, second = connect(autocommit=False), connect()
        first.execute(statement, [anna])
        later = execute_in_thread(second, statement, [anna])
        wait_until_blocked(bank.connection, second.info.backend_pid)
        first.rollback()
        assert later.result(TIMEOUT) == [("true",)]

    def test_the_first_amount_stays(self, bank, anna, subscription):
        first = allocate(bank, anna, subscription, 40)
        assert allocate(bank, anna, subscription, 90) == first | {"allocated": False}
        assert bank.balance(anna) == 40

    def test_the_answer_has_the_balance_right_after_it(self, bank, anna):
        first = allocate(bank, anna)
        bank.change(anna, -30)
        assert allocate(bank, anna)["balance_after"] == first["balance_after"] == 40

    def test_types_are_apart(self, bank, anna, subscription):
        assert allocate(bank, anna, subscription)["allocated"]
        assert allocate(bank, anna, subscription, allocation_type="welcome")["allocated"]
        assert not allocate(bank, anna, subscription, allocation_type=" monthly ")["allocated"]
        assert bank.balance(anna) == 80

    def test_subscriptions_are_apart(self, bank, anna, subscription):
        for whose in (subscription, subscribe(bank, anna), None, str(uuid4())):
            assert allocate(bank, anna, whose)["allocated"]
        assert bank.balance(anna) == 160

    def test_people_are_apart(self, bank):
        for person in (bank.person(), bank.person()):
            assert allocate(bank, person)["allocated"]

    def test_months_are_apart(self, bank, anna, subscription):
        for month in range(1, 13):
            assert allocate(bank, anna, subscription, period_start=datetime(2026, month, 1, tzinfo=UTC))["allocated"]
        assert bank.balance(anna) == 12 * 40


class TestTheLedger:
    def test_has_an_earning_that_names_the_allocation(self, bank, anna):
        answer = allocate(bank, anna)
        (entry,) = bank.statement(anna)
        told = {name: entry[name] for name in ("transaction_type", "amount", "reference_id", "reference_type")}
        assert told == {
            "transaction_type": "session_earning",
            "amount": 40,
            "reference_id": answer["allocation_id"],
            "reference_type": "monthly_allocation",
        }
        assert bank.value("SELECT transaction_id FROM credit_allocations") == entry["id"]

    def test_goes_on_where_it_was(self, bank):
        person = bank.person(60)
        assert allocate(bank, person)["balance_after"] == 100
        assert bank.entries(person)[1:] == [("session_earning", 40, 100)]

    def test_a_debt_is_repaid_first(self, bank):
        person = bank.indebted(30)
        assert allocate(bank, person)["balance_after"] == 10

    def test_the_audit_log_has_ids_and_credits(self, bank, anna, subscription):
        answer = allocate(bank, anna, subscription)
        (row,) = bank.audits(ALLOCATE)
        assert (row["entity"], row["entity_id"]) == ("credit_allocation", answer["allocation_id"])
        assert row["details"] == {"user_id": anna, "subscription_id": subscription, "credits": 40}


class TestThePeriod:
    @pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns"])
    def test_is_this_utc_month_whatever_the_session_thinks(self, bank, connect, anna, zone):
        """Before and after, should a month end meanwhile."""
        this_month = "SELECT date_trunc('month', now(), 'UTC'), date_trunc('month', now(), 'UTC') + '1 month'::interval"
        utc = connect(options="-csearch_path=bookingdb,pg_temp -cTimeZone=UTC")
        there = connect(options=f"-csearch_path=bookingdb,pg_temp -cTimeZone={zone}")
        before = utc.execute(this_month).fetchone()
        allocate(Bank(there), anna)
        after = utc.execute(this_month).fetchone()
        assert periods(Bank(utc), anna)[0] in (before, after)

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            ("2026-12-01", "2027-01-01"),
            ("2026-12-31T23:59:59", "2027-01-31T23:59:59"),
            ("2026-01-31", "2026-02-28"),
            ("2028-01-31", "2028-02-29"),
            ("2026-03-31T22:30", "2026-04-30T22:30"),
            ("2026-03-15T01:00", "2026-04-15T01:00"),
        ],
    )
    @pytest.mark.parametrize("zone", ["UTC", "Europe/Oslo", "Pacific/Auckland"])
    def test_ends_a_utc_month_later(self, connect, anna, zone, start, end):
        there = Bank(connect(options=f"-csearch_path=bookingdb,pg_temp -cTimeZone={zone}"))
        allocate(there, anna, period_start=at(start))
        assert periods(there, anna) == [(at(start), at(end))]

    def test_may_be_given(self, bank, anna):
        start = at("2026-05-04T09:30")
        allocate(bank, anna, period_start=start, period_end=start + timedelta(weeks=1))
        assert periods(bank, anna) == [(start, start + timedelta(weeks=1))]

    def test_may_begin_where_another_ends(self, bank, anna):
        for start in ("2026-02-01", "2026-01-01", "2026-03-01"):
            assert allocate(bank, anna, period_start=at(start))["allocated"]

    @pytest.mark.parametrize("subscribed", [True, False])
    def test_must_not_overlap_another(self, bank, refuses, anna, subscription, subscribed):
        whose = subscription if subscribed else None
        allocate(bank, anna, whose, period_start=at("2026-03-01"), period_end=at("2026-04-01"))
        for start, end in [
            ("2026-03-15", "2026-04-15"),
            ("2026-02-15", "2026-03-01T00:00:01"),
            ("2026-03-10", "2026-03-11"),
            ("2026-01-01", "2027-01-01"),
            ("2026-03-01", "2026-03-02"),
            ("2026-03-31", "2026-04-01"),
        ]:
            with refuses("invalid_input", parameter="p_period_start"):
                allocate(bank, anna, whose, period_start=at(start), period_end=at(end))
        assert not allocate(bank, anna, whose, period_start=at("2026-03-01"), period_end=at("2026-04-01"))["allocated"]

    def test_overlaps_nothing_of_another_type_or_subscription_or_person(self, bank, anna, subscription):
        spans = iter(range(1, 20))
        for person, whose, kind in [
            (anna, subscription, "monthly"),
            (anna, None, "monthly"),
            (anna, subscription, "welcome"),
            (bank.person(), None, "monthly"),
        ]:
            start = at(f"2026-03-{next(spans):02}")
            assert allocate(bank, person, whose, period_start=start, allocation_type=kind)["allocated"]

    def test_of_many_that_overlap_at_once_is_one(self, bank, connect, anna):
        def work(connection, i):
            return allocate(Bank(connection), anna, period_start=at("2026-03-01") + timedelta(days=i))

        answers = race(10, lambda _: connect(), work)
        refusals = [answer for answer in answers if isinstance(answer, Exception)]
        assert len(refusals) == 9
        for refusal in refusals:
            assert_refusal(refusal, "invalid_input", parameter="p_period_start")
        assert len(bank.entries(anna)) == 1

    def test_must_end_after_its_start(self, bank, refuses, anna):
        for end in ("2026-03-01", "2026-02-28"):
            with refuses("invalid_input", parameter="p_period_end"):
                allocate(bank, anna, period_start=at("2026-03-01"), period_end=at(end))

    def test_must_be_of_this_century(self, bank, refuses, anna):
        for start in ("1999-12-31T23:59:59", "2100-01-01", "infinity", "-infinity"):
            with refuses("invalid_input", parameter="p_period_start"):
                allocate(bank, anna, period_start=start if "inf" in start else at(start))
        for end in ("2100-01-01", "infinity"):
            with refuses("invalid_input", parameter="p_period_end"):
                allocate(bank, anna, period_start=at("2099-11-30"), period_end=end if "inf" in end else at(end))
        with refuses("invalid_input", parameter="p_period_end"):
            allocate(bank, anna, period_start=at("2099-12-01"))


class TestWhatIsRefused:
    def test_an_amount_that_gives_nothing(self, bank, refuses, anna):
        for amount in (None, 0, -1, -(2**31)):
            with refuses("invalid_input", parameter="p_amount"):
                allocate(bank, anna, amount=amount)

    def test_nothing_that_an_integer_holds(self, bank, anna):
        assert allocate(bank, anna, amount=2**31 - 1)["balance_after"] == 2**31 - 1
        assert allocate(bank, anna, amount=2**31 - 1, period_start=at("2026-01-01"))["balance_after"] == 2**32 - 2

    def test_a_type_without_letters_or_with_too_many(self, bank, refuses, anna):
        for kind in (None, "", "  ", "x" * 101, "x" * 10_001):
            with refuses("invalid_input", parameter="p_allocation_type"):
                allocate(bank, anna, allocation_type=kind)
        assert allocate(bank, anna, allocation_type="x" * 100)["allocated"]

    def test_nobody(self, bank, refuses):
        with refuses("invalid_input", parameter="p_user_id"):
            allocate(bank, None)
        with refuses("not_found", id=UNKNOWN):
            allocate(bank, UNKNOWN)

    def test_somebody_elses_subscription(self, bank, refuses, subscription):
        bob = bank.person()
        with refuses("invalid_input", parameter="p_subscription_id"):
            allocate(bank, bob, subscription)

    def test_a_subscription_of_nobodys(self, bank, refuses, anna):
        """Stripe has told of it, and no checkout has said whose it is."""
        subscription = subscribe(bank, None)
        with refuses("invalid_input", parameter="p_subscription_id"):
            allocate(bank, anna, subscription)

    @pytest.mark.parametrize("nobody_before", [True, False])
    def test_a_subscription_with_the_nil_uuid(self, bank, refuses, anna, nobody_before):
        if nobody_before:
            allocate(bank, anna)
        with refuses("invalid_input", parameter="p_subscription_id"):
            allocate(bank, anna, NIL)

    def test_the_nil_uuid_by_hand(self, bank, anna):
        with pytest.raises(errors.CheckViolation):
            bank.connection.execute("INSERT INTO subscriptions (id, user_id) VALUES (%s, %s)", [NIL, anna])

    def test_a_subscription_that_is_being_bound_to_somebody_else(self, bank, connect, anna):
        """Whoever binds it first decides; the call waits for them."""
        subscription = subscribe(bank, None)
        first, second = connect(autocommit=False), connect()
        first.execute("UPDATE subscriptions SET user_id = %s WHERE id = %s", [bank.person(), subscription])
        later = execute_in_thread(second, f"SELECT {ALLOCATE}(%s, %s, 40)", [anna, subscription])
        wait_until_blocked(bank.connection, second.info.backend_pid)
        first.commit()
        assert_refusal(later.exception(TIMEOUT), "invalid_input", parameter="p_subscription_id")
        assert bank.entries(anna) == []


class TestWhoIsBound:
    def test_stays_bound(self, bank, anna, subscription, as_service):
        for user in (bank.person(), None):
            with pytest.raises(errors.CheckViolation, match="keeps its id and the user"):
                as_service().execute("UPDATE subscriptions SET user_id = %s", [user])
        with pytest.raises(errors.CheckViolation, match="keeps its id and the user"):
            as_service().execute("UPDATE subscriptions SET id = gen_random_uuid()")
        assert bank.rows("SELECT id::text, user_id::text FROM subscriptions") == [(subscription, anna)]

    def test_may_be_told_again(self, bank, anna, subscription, as_service):
        as_service().execute("UPDATE subscriptions SET id = id, user_id = %s, status = 'active'", [anna])
        assert bank.value("SELECT status FROM subscriptions") == "active"

    def test_is_bound_once(self, bank, anna, as_service):
        subscription = subscribe(bank, None)
        as_service().execute("UPDATE subscriptions SET user_id = %s", [anna])
        assert allocate(bank, anna, subscription)["allocated"]


class TestTheCall:
    ARGUMENTS = "p_user_id => %s, p_subscription_id => NULL, p_amount => 40"

    def test_is_for_the_service(self, bank, anna, as_service, as_user, as_anon):
        statement = f"SELECT {ALLOCATE}({self.ARGUMENTS}) ->> 'allocated'"
        for connection in (as_user(anna), as_anon()):
            with nothing_written(bank.connection), pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement, [anna])
        service = as_service()
        assert service.execute(statement, [anna]).fetchone() == ("true",)
        service.execute("SELECT set_config('request.jwt.claims', %s, false)", [f'{{"sub": "{anna}"}}'])
        with nothing_written(bank.connection), refused("not_allowed"):
            service.execute(statement, [anna])

    def test_runs_at_read_committed_whatever_the_state(self, bank, anna, connect):
        for _ in range(2):
            for level in ("REPEATABLE READ", "SERIALIZABLE"):
                connection = connect()
                connection.execute(f"BEGIN ISOLATION LEVEL {level}")
                with nothing_written(bank.connection), refused("invalid_input", parameter="transaction_isolation"):
                    connection.execute(f"SELECT {ALLOCATE}({self.ARGUMENTS})", [anna])
                connection.execute("ROLLBACK")
            allocate(bank, anna)

    def test_has_the_parameters_of_the_contract(self, bank):
        query = "SELECT pg_get_function_arguments(%s::regproc), pg_get_function_result(%s::regproc)"
        assert bank.rows(query, [ALLOCATE, ALLOCATE]) == [
            (
                "p_user_id uuid, p_subscription_id uuid, p_amount integer,"
                " p_allocation_type text DEFAULT 'monthly'::text,"
                " p_period_start timestamp with time zone DEFAULT NULL::timestamp with time zone,"
                " p_period_end timestamp with time zone DEFAULT NULL::timestamp with time zone,"
                " p_idempotency_key text DEFAULT NULL::text",
                "json",
            )
        ]

    def test_within_a_longer_transaction_stands_or_falls_with_it(self, bank, anna, connect):
        connection = connect()
        with connection.transaction(force_rollback=True):
            assert allocate(Bank(connection), anna)["allocated"]
        assert bank.rows("SELECT FROM credit_allocations") == []


class TestAKey:
    KEY = "allocation of March"

    def arguments(self, person: str, **more) -> Json:
        return {"p_user_id": person, "p_subscription_id": None, "p_amount": 40, "p_idempotency_key": self.KEY} | more

    def test_returns_the_first_answer_word_for_word(self, bank, anna):
        first = run_for_text(bank.connection, ALLOCATE, **self.arguments(anna))
        assert '"allocated":true' in first
        with nothing_written(bank.connection):
            assert run_for_text(bank.connection, ALLOCATE, **self.arguments(anna)) == first

    def test_in_another_time_zone_too(self, bank, connect, anna):
        arguments = self.arguments(anna, p_period_start=at("2026-03-01"))
        first = run_for_text(bank.connection, ALLOCATE, **arguments)
        tokyo = connect(options="-csearch_path=bookingdb,pg_temp -cTimeZone=Asia/Tokyo")
        assert run_for_text(tokyo, ALLOCATE, **arguments) == first

    def test_ten_at_once_are_one_answer(self, bank, connect, anna):
        answers = race(
            10, lambda _: connect(), lambda connection, _: run_for_text(connection, ALLOCATE, **self.arguments(anna))
        )
        (answer,) = set(answers)
        assert '"allocated":true' in answer
        assert len(bank.entries(anna)) == 1

    def test_with_other_arguments_is_a_conflict(self, bank, refuses, anna):
        run(bank.connection, ALLOCATE, **self.arguments(anna))
        for other in (
            {"p_amount": 41},
            {"p_user_id": bank.person()},
            {"p_allocation_type": "welcome"},
            {"p_subscription_id": UNKNOWN},
            {"p_period_start": at("2026-03-01")},
            {"p_period_end": at("2090-03-01")},
        ):
            with refuses("idempotency_conflict"):
                run(bank.connection, ALLOCATE, **self.arguments(anna, **other))

    def test_of_a_refused_call_is_free(self, bank, refuses):
        person = str(uuid4())
        with refuses("not_found"):
            run(bank.connection, ALLOCATE, **self.arguments(person))
        bank.person(user_id=person)
        assert run(bank.connection, ALLOCATE, **self.arguments(person))["allocated"]
