"""A schema of small functions: what the client does must not depend on what the package's own functions do."""

import psycopg
import pytest

SCRATCH = """
    CREATE SCHEMA scratch;
    GRANT USAGE ON SCHEMA scratch TO anon, authenticated;
    SET search_path = scratch;
    CREATE TABLE notes (id integer GENERATED ALWAYS AS IDENTITY, note text);

    CREATE FUNCTION add_note(p_note text, p_refuse boolean DEFAULT false) RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE
        v_id integer;
    BEGIN
        INSERT INTO scratch.notes (note) VALUES (p_note) RETURNING id INTO v_id;
        IF p_refuse THEN
            RAISE EXCEPTION USING ERRCODE = 'PT402', MESSAGE = 'Not enough', HINT = 'Earn some',
                DETAIL = '{"reason": "insufficient_points", "required": 150, "available": 149}';
        END IF;
        RETURN json_build_object('success', true, 'id', v_id);
    END $$;

    CREATE FUNCTION list_notes(p_limit integer DEFAULT 50) RETURNS TABLE (id integer, note text)
    LANGUAGE sql STABLE AS 'SELECT id, note FROM scratch.notes ORDER BY id LIMIT p_limit';

    CREATE FUNCTION double(p_number integer) RETURNS integer LANGUAGE sql AS 'SELECT p_number * 2';

    CREATE FUNCTION distance(p_from integer, p_to integer) RETURNS integer LANGUAGE sql AS 'SELECT p_to - p_from';

    CREATE FUNCTION who() RETURNS TABLE (role text, claims text)
    LANGUAGE sql AS $$ SELECT current_setting('role'), current_setting('request.jwt.claims', true) $$;

    CREATE FUNCTION isolation() RETURNS text LANGUAGE sql AS $$ SELECT current_setting('transaction_isolation') $$;

    CREATE FUNCTION prepared_statements() RETURNS integer
    LANGUAGE sql AS 'SELECT count(*)::integer FROM pg_prepared_statements';

    CREATE FUNCTION fail(p_sqlstate text, p_detail text DEFAULT '') RETURNS json LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING ERRCODE = p_sqlstate, MESSAGE = 'It failed', DETAIL = p_detail;
    END $$;

    CREATE FUNCTION echo(
        p_uuid uuid DEFAULT NULL, p_uuids uuid[] DEFAULT '{}', p_date date DEFAULT NULL, p_time time DEFAULT NULL,
        p_at timestamptz DEFAULT NULL, p_number integer DEFAULT 7, p_big bigint DEFAULT NULL, p_json jsonb DEFAULT NULL)
    RETURNS TABLE (
        "uuid" uuid, "uuids" uuid[], "date" date, "time" time,
        "at" timestamptz, "number" integer, "big" bigint, "json" jsonb)
    LANGUAGE sql AS 'SELECT p_uuid, p_uuids, p_date, p_time, p_at, p_number, p_big, p_json';

    CREATE FUNCTION _private() RETURNS integer LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION on_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
"""


@pytest.fixture
def scratch(dsn: str) -> str:
    """Return the DSN of a database with the schema ``scratch``."""
    with psycopg.connect(dsn) as connection:
        connection.execute(SCRATCH)
    return dsn
