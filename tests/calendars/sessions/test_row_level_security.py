"""Who sees which rows of the calendar's tables, and who writes them."""

import json

import pytest
from psycopg import errors, sql

from calendars.practice import UNKNOWN

OWN = {
    "practitioners": "user_id = %(me)s",
    "availability_rules": "practitioner_id = %(me)s",
    "availability_exceptions": "practitioner_id = %(me)s",
    "slot_holds": "holder_id = %(me)s OR practitioner_id = %(me)s",
    "client_sessions": "client_id = %(me)s OR therapist_id = %(me)s",
}
"""Table -> which of its rows are somebody's own."""

MASTER_DATA = {
    "practitioners": "buffer_minutes = 5",
    "availability_rules": "end_time = '23:00'",
    "availability_exceptions": "kind = 'open'",
}
"""Table -> a change that the service may make."""

every_table = pytest.mark.parametrize("table", OWN)


@pytest.fixture
def anna(clinic):
    """A practitioner with rows in every table, as somebody else has, in both roles."""
    people = [clinic.practitioner("00:00-23:30", credits=10) for _ in range(3)]
    for n, person in enumerate(people):
        clinic.closes(person, clinic.at(1), clinic.at(2))
        clinic.session(person, people[n - 1], clinic.at(10, days=3 + n))
        clinic.hold(person, clinic.at(15, days=3 + n), p_holder_id=people[n - 1])
    return people[0]


def seen(connection, table, where="true", **names):
    """Return the ids of the rows that somebody sees."""
    query = sql.SQL("SELECT to_jsonb(t) FROM {} t WHERE {}").format(sql.Identifier(table), sql.SQL(where))
    return sorted(json.dumps(row, sort_keys=True) for (row,) in connection.execute(query, names))


@every_table
class TestATable:
    def test_shows_users_their_own_rows(self, clinic, as_user, anna, table):
        own = seen(clinic.connection, table, OWN[table], me=anna)
        assert seen(as_user(anna), table) == own
        assert 0 < len(own) < len(seen(clinic.connection, table))

    def test_shows_strangers_nothing(self, as_user, connect, anna, table):
        assert seen(as_user(UNKNOWN), table) == []
        nobody = connect()
        nobody.execute("SET ROLE authenticated")
        for claims in ("", "{}", '{"sub": null}', '{"sub": "me"}', '{"sub": ""}'):
            nobody.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
            assert seen(nobody, table) == []

    def test_shows_anonymous_callers_not_even_itself(self, as_anon, anna, table):
        with pytest.raises(errors.InsufficientPrivilege):
            seen(as_anon(), table)

    def test_shows_the_service_everything(self, clinic, as_service, anna, table):
        assert seen(as_service(), table) == seen(clinic.connection, table)

    def test_shows_a_service_with_a_sub_nothing(self, as_service, anna, table):
        service = as_service()
        service.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps({"sub": UNKNOWN})])
        assert seen(service, table) == []

    @pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}", "INSERT INTO {} DEFAULT VALUES"])
    def test_is_not_written_by_users(self, as_user, anna, table, statement):
        with pytest.raises(errors.InsufficientPrivilege):
            as_user(anna).execute(sql.SQL(statement).format(sql.Identifier(table)))

    def test_is_not_changed_by_users(self, clinic, as_user, anna, table):
        me = as_user(anna)
        columns = clinic.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        for (column,) in columns:
            with pytest.raises(errors.InsufficientPrivilege):
                me.execute(sql.SQL("UPDATE {0} SET {1} = {1}").format(sql.Identifier(table), sql.Identifier(column)))

    def test_is_written_by_the_service_where_it_is_master_data(self, clinic, as_service, anna, table):
        change = MASTER_DATA.get(table)
        service = as_service()
        if change:
            assert service.execute(f"UPDATE {table} SET {change}").rowcount > 0
        else:
            for statement in (f"UPDATE {table} SET status = status", f"INSERT INTO {table} DEFAULT VALUES"):
                with pytest.raises(errors.InsufficientPrivilege):
                    service.execute(statement)
        with pytest.raises(errors.InsufficientPrivilege):
            service.execute(f"DELETE FROM {table}")


class TestTheServicesMasterData:
    def test_is_added_to(self, clinic, as_service):
        person, service = clinic.person(), as_service()
        service.execute("INSERT INTO practitioners (user_id, timezone) VALUES (%s, 'Europe/Oslo')", [person])
        service.execute(
            "INSERT INTO availability_rules (practitioner_id, weekday, start_time, end_time)"
            " VALUES (%s, 1, '9:00', '10:00')",
            [person],
        )
        service.execute(
            "INSERT INTO availability_exceptions (practitioner_id, starts_at, ends_at, kind)"
            " VALUES (%s, '2030-01-01Z', '2030-01-02Z', 'closed')",
            [person],
        )

    def test_keeps_to_zones_that_exist(self, clinic, as_service):
        person = clinic.person()
        with pytest.raises(errors.Error) as caught:
            as_service().execute("INSERT INTO practitioners (user_id, timezone) VALUES (%s, 'Mars/Olympus')", [person])
        assert json.loads(caught.value.diag.message_detail)["reason"] == "invalid_input"

    @pytest.mark.parametrize(
        ("table", "wrong"),
        [
            ("practitioners", "credits_per_hour = -1"),
            ("practitioners", "buffer_minutes = -1"),
            ("practitioners", "min_notice = '-1 second'"),
            ("practitioners", "max_ahead = '-1 second'"),
            ("availability_rules", "weekday = 8"),
            ("availability_rules", "end_time = start_time"),
            ("availability_rules", "valid_from = '2030-01-02', valid_until = '2030-01-01'"),
            ("availability_exceptions", "ends_at = starts_at"),
            ("availability_exceptions", "ends_at = 'infinity'"),
            ("availability_exceptions", "kind = 'maybe'"),
        ],
    )
    def test_makes_sense(self, as_service, anna, table, wrong):
        with pytest.raises(errors.CheckViolation):
            as_service().execute(f"UPDATE {table} SET {wrong}")
