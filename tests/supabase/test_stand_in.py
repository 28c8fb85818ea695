"""What stands in for PostgREST answers as PostgREST does; otherwise the other tests prove nothing.

Each of these is wrong in @supabase/lite as it comes. Left as they are: whole numbers beyond 2^53 are rounded, numeric
comes as a string, a timestamp in a column is not ISO 8601, a text given for a json parameter is read as JSON, a token
that is none counts as no token, and a body that is an array is not taken apart into calls (which
test_two_bookings_in_one_body.py does in SQL).
"""

from collections.abc import Iterator

import psycopg
import pytest
from support.supabase import Clients, Platform

FUNCTIONS = """
    CREATE TABLE kept (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
    CREATE FUNCTION caller() RETURNS json LANGUAGE sql VOLATILE AS $$
        SELECT json_build_object(
            'session', session_user, 'role', current_user, 'setting', current_setting('role'), 'uid', auth.uid(),
            'claims', nullif(current_setting('request.jwt.claims', true), '')::json,
            'time_limit', current_setting('statement_timeout'), 'path', current_setting('search_path'),
            'read_only', current_setting('transaction_read_only'))
    $$;
    CREATE FUNCTION steady_caller() RETURNS text LANGUAGE sql STABLE
        AS $$ SELECT current_setting('transaction_read_only') $$;
    CREATE FUNCTION writes() RETURNS void LANGUAGE sql VOLATILE AS 'INSERT INTO kept DEFAULT VALUES';
    CREATE FUNCTION not_granted() RETURNS integer LANGUAGE sql AS 'SELECT 1';
    REVOKE EXECUTE ON FUNCTION not_granted FROM PUBLIC;
    CREATE FUNCTION raises(p_state text) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN RAISE 'No.' USING ERRCODE = p_state, DETAIL = '{"reason": "r"}', HINT = 'h'; END
    $$;
    CREATE FUNCTION sleeps() RETURNS void LANGUAGE sql VOLATILE AS 'SELECT pg_sleep(60)';
    CREATE FUNCTION kind_of(p_document jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT jsonb_typeof(p_document)';
"""


@pytest.fixture(scope="module")
def clients(platform: Platform) -> Iterator[Clients]:
    with platform.project() as project:
        with psycopg.connect(project.dsn) as connection:
            connection.execute(FUNCTIONS)
        with project.clients() as clients:
            yield clients


def test_the_role_is_the_callers(clients: Clients) -> None:
    user = clients.somebody()
    seen = user.rpc("caller").done()
    assert (seen["session"], seen["role"], seen["setting"]) == ("authenticator", "authenticated", "authenticated")
    assert seen["uid"] == seen["claims"]["sub"] == str(user.user_id)
    assert (seen["time_limit"], seen["read_only"]) == ("8s", "off")
    assert seen["path"].split(", ") == ['"public"', '"public"', '"extensions"']
    anonymous = clients.anonymous().rpc("caller").done()
    assert (anonymous["role"], anonymous["uid"], anonymous["time_limit"]) == ("anon", None, "3s")
    assert clients.service().rpc("caller").done()["role"] == "service_role"


def test_nothing_is_granted_on_the_way(clients: Clients) -> None:
    for visitor, status in ((clients.anonymous(), 401), (clients.somebody(), 403), (clients.service(), 403)):
        for answer in (visitor.rpc("not_granted"), visitor.select("kept")):
            assert answer.error
            assert (answer.status, answer.error["code"]) == (status, "42501")


@pytest.mark.parametrize(
    ("state", "status"),
    [("PT402", 402), ("PT409", 409), ("PT429", 429), ("P0001", 400), ("BK409", 400), ("23505", 409), ("23P01", 400),
     ("23514", 400), ("22023", 400), ("0A000", 400), ("40001", 500), ("40P01", 500), ("55P03", 500), ("P0002", 500),
     ("25006", 405), ("53300", 503)],
)  # fmt: skip
def test_an_error_has_postgrests_status_and_keeps_its_details(clients: Clients, state: str, status: int) -> None:
    answer = clients.anonymous().rpc("raises", p_state=state)
    assert answer.error == {"code": state, "message": "No.", "details": '{"reason": "r"}', "hint": "h"}
    assert answer.status == status


def test_what_is_stable_or_asked_by_get_writes_nothing(clients: Clients) -> None:
    visitor = clients.somebody()
    assert visitor.rpc("steady_caller").data == "on"
    assert visitor.get("caller").done()["read_only"] == "on"
    refused = visitor.get("writes")
    assert refused.error
    assert (refused.status, refused.error["code"]) == (405, "25006")


def test_a_document_stays_one(clients: Clients) -> None:
    for document, kind in (({"a": 1}, "object"), ([{"a": 1}], "array"), (1, "number")):
        assert clients.anonymous().rpc("kind_of", p_document=document).data == kind


def test_a_statement_takes_as_long_as_its_role_may(clients: Clients) -> None:
    """Three seconds for who is not signed in, eight for who is; both wait at the same time."""
    asked = [clients.anonymous().calling("sleeps"), clients.somebody().calling("sleeps")]
    for answer in clients.together(*asked):
        assert answer.error
        assert (answer.status, answer.error["code"]) == (500, "57014")


def test_what_is_not_there_is_not_found(clients: Clients) -> None:
    for name, args in (("nothing", {}), ("raises", {"p_stat": "P0001"}), ("raises", {})):
        answer = clients.anonymous().rpc(name, **args)
        assert answer.error
        assert (answer.status, answer.error["code"]) == (404, "PGRST202")
