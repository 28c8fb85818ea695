"""Contract section 4: every rule that is broken now, for the service."""

import psycopg
import pytest
from gusmester.calls import ask


def test_a_healthy_database_breaks_none(club, as_service):
    club.cancel(club.booking())
    assert ask(as_service(), "verify_invariants") == []


def test_each_module_contributes_its_own(db):
    db.execute("""
        CREATE FUNCTION _zebra_invariants() RETURNS TABLE (invariant text, entity text, entity_id text, details jsonb)
        LANGUAGE sql STABLE AS $$ SELECT 'I99', 'zebra', '7', '{"stripes": 0}'::jsonb $$
    """)
    assert ask(db, "verify_invariants") == [
        {"invariant": "I99", "entity": "zebra", "entity_id": "7", "details": {"stripes": 0}}
    ]


def test_only_the_service_may_look(club, as_user, as_anon):
    for connection in (as_user(club.admin().user_id), as_anon()):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT bookingdb.verify_invariants()")
