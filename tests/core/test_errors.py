"""Contract section 3: what a refusal looks like, what counts it and what the server's log says of it."""

import json

import psycopg
import pytest
from gusmester.calls import ask, run
from gusmester.club import UNKNOWN
from support.refusals import STATUS, refused

from core.records import refusals


def refuse(connection: psycopg.Connection, reason: str = "not_found", context: str = "{}") -> None:
    """Raise a refusal as a function of the package does."""
    connection.execute("SELECT _fail(%s, 'It is refused', %s)", [reason, context])


def book_unknown(connection: psycopg.Connection) -> None:
    """Call a command that is refused as not_found."""
    run(connection, "book_gusmester_spot", p_session_id=UNKNOWN, p_employee_id=UNKNOWN)


class TestTheCatalogue:
    def test_has_the_reasons_and_statuses_of_the_contract_once_each(self, db):
        assert sorted(db.execute("SELECT reason, status FROM _error_reasons()")) == sorted(STATUS.items())

    def test_every_reason_has_its_sequence_and_every_sequence_its_reason(self, db):
        query = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'bookingdb' AND sequencename LIKE 'refusals%'"
        assert {name for (name,) in db.execute(query)} == {f"refusals_{reason}" for reason in STATUS}

    def test_every_reason_can_be_raised_and_is_counted(self, db):
        for reason in STATUS:
            with refused(reason):
                refuse(db, reason)
            assert refusals(db, reason) == 1

    def test_a_reason_that_is_not_in_it_is_a_mistake_that_shows(self, db):
        with pytest.raises(psycopg.Error) as caught:
            refuse(db, "no_such_reason")
        assert not caught.value.sqlstate.startswith("PT")


class TestARefusal:
    def test_has_its_context_beside_the_reason(self, db):
        with refused("limit_reached", limit=4, period_end="2030-01-31"):
            refuse(db, "limit_reached", '{"limit": 4, "period_end": "2030-01-31"}')

    def test_keeps_its_reason_whatever_the_context(self, db):
        with refused("not_found"):
            refuse(db, "not_found", '{"reason": "class_full"}')

    def test_says_what_was_asked_for(self, db):
        with refused("not_found", entity="employee", id=UNKNOWN):
            book_unknown(db)

    def test_has_the_sentence_of_the_product(self, club):
        host, poor = club.employee(), club.employee(points=149)

        def sentence(session_id):
            with pytest.raises(psycopg.Error) as caught:
                club.book(session_id, poor)
            return caught.value.diag.message_primary

        assert sentence(club.session()) == "No guest spot exists for this session"
        assert sentence(club.session(host)) == "This spot is not available (status: reserved_for_host)"
        assert sentence(club.released(host)) == "Insufficient points. Required: 150, available: 149"

    def test_of_a_malformed_uuid_is_postgresqls_own(self, db):
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            run(db, "book_gusmester_spot", p_session_id="anna")


class TestCounting:
    def test_a_refusal_counts_for_its_own_reason_alone(self, db):
        with refused("not_found"):
            book_unknown(db)
        assert {reason for reason in STATUS if refusals(db, reason)} == {"not_found"}

    def test_the_count_survives_the_rollback(self, db, connect):
        connection = connect(autocommit=False)
        with refused("not_found"):
            book_unknown(connection)
        connection.rollback()
        assert refusals(db, "not_found") == 1

    def test_a_query_counts_its_refusals_too(self, db):
        with refused("not_found"):
            ask(db, "get_employee_points", p_employee_id=UNKNOWN)
        assert refusals(db, "not_found") == 1

    def test_a_read_only_transaction_refuses_cleanly_and_counts_nothing(self, db, connect):
        connection = connect()
        connection.execute("SET default_transaction_read_only = on")
        with refused("not_found", entity="employee"):
            ask(connection, "get_employee_points", p_employee_id=UNKNOWN)
        assert refusals(db, "not_found") == 0

    def test_the_service_role_reads_the_counts(self, as_service):
        assert refusals(as_service(), "not_found") == 0


class TestTheLog:
    def test_has_one_line_per_refusal(self, db, log):
        with refused("not_found"):
            book_unknown(db)
        assert log.refusals() == [{"reason": "not_found", "function": "book_gusmester_spot", "actor": "service"}]

    def test_has_no_line_for_what_is_not_refused(self, club, log):
        club.released()
        assert log.refusals() == []

    def test_names_the_end_user(self, club, as_employee, log):
        anna = club.employee()
        with refused("not_found"):
            run(as_employee(anna), "book_gusmester_spot", p_session_id=UNKNOWN)
        assert [line["actor"] for line in log.refusals()] == [anna.user_id]

    def test_says_anonymous_where_nobody_is_known(self, connect, log):
        connection = connect()
        connection.execute("SET ROLE authenticated")
        with refused("not_authenticated"):
            ask(connection, "get_employee_points")
        assert [line["actor"] for line in log.refusals()] == ["anonymous"]

    def test_has_its_line_in_a_read_only_transaction_too(self, connect, log):
        connection = connect()
        connection.execute("SET default_transaction_read_only = on")
        with refused("not_found"):
            ask(connection, "get_employee_points", p_employee_id=UNKNOWN)
        assert [line["function"] for line in log.refusals()] == ["get_employee_points"]

    def test_names_the_trigger_that_refused_direct_sql(self, db, log):
        with refused("invalid_input", parameter="timezone"):
            db.execute("INSERT INTO profiles (user_id, timezone) VALUES (%s, 'Mars/Olympus')", [UNKNOWN])
        assert [line["function"] for line in log.refusals()] == ["check_timezone"]

    def test_names_the_public_function_above_a_trigger(self, club, log):
        # No trigger of the package refuses a function of the package, so one of the test's own does.
        session_id = club.session(club.employee())
        club.connection.execute("""
            CREATE FUNCTION refuse_update() RETURNS trigger LANGUAGE plpgsql SET search_path = bookingdb, pg_temp
            AS $$ BEGIN PERFORM _fail('invalid_state', 'It is refused'); END $$;
            CREATE TRIGGER refuse BEFORE UPDATE ON guest_spots FOR EACH ROW EXECUTE FUNCTION refuse_update();
        """)
        with refused("invalid_state"):
            club.release(session_id)
        assert [line["function"] for line in log.refusals()] == ["release_guest_spot"]

    @pytest.mark.parametrize("name", ["book_for_the_app", "erase_person"])
    def test_names_our_function_below_an_applications_own(self, db, log, name):
        db.execute(f"""
            CREATE SCHEMA app;
            CREATE FUNCTION app.{name}(p_id uuid) RETURNS json LANGUAGE plpgsql
            AS $$ BEGIN RETURN bookingdb.book_gusmester_spot(p_id, p_id); END $$;
        """)
        with refused("not_found"):
            db.execute(f"SELECT app.{name}(%s)", [UNKNOWN])
        assert [line["function"] for line in log.refusals()] == ["book_gusmester_spot"]

    def test_holds_nothing_that_was_sent(self, club, connect, log):
        anna = club.employee()
        session_id = club.released(anna)
        connection = connect()
        claims = {"sub": anna.user_id, "email": "secret-claim@home.example", "session_id": "secret-session"}
        connection.execute("SET ROLE authenticated")
        connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps(claims)])
        with refused("spot_not_available"):
            run(
                connection,
                "book_guest_for_session",
                p_session_id=session_id,
                p_guest_name="Secret Name",
                p_guest_email="secret@home.example",
                p_guest_phone="5550199",
                p_idempotency_key="secret-key",
            )
        (line,) = log.refusals()
        assert line.keys() == {"reason", "function", "actor"}
        assert "secret" not in log.text().lower()
        assert "5550199" not in log.text()
