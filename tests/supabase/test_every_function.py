"""Every public function is called with supabase-js: by whom it is for, and by somebody who is not signed in."""

import json
from typing import Any

import pytest
from core.examples import BY_USERS_ONLY, COMMANDS, HANDING_OUT, QUERIES, Examples
from gusmester.club import Club
from support.supabase import Clients

EXPOSED = [name for name in (*QUERIES, *COMMANDS, *HANDING_OUT) if not name.startswith("caller_")]
PUBLIC = {"create_public_booking", "get_available_slots", "upcoming_classes"}
DOCUMENTS = {"p_event", "p_payload", "p_rules"}


@pytest.fixture
def examples(club: Club) -> Examples:
    """A club in which every function can be called."""
    return Examples(club)


def arguments(examples: Examples, function: str) -> dict[str, Any]:
    """Return the arguments of the function's example, documents as documents."""
    return {name: json.loads(value) if name in DOCUMENTS else value for name, value in examples.calls[function].items()}


def test_it_works(clients: Clients, examples: Examples) -> None:
    service, somebody = clients.service(), clients.somebody()
    assert somebody.rpc("ensure_profile").done()["created"]
    for function in EXPOSED:
        answer = (somebody if function in BY_USERS_ONLY else service).rpc(function, **arguments(examples, function))
        assert answer.error is None, (function, answer)
        assert function not in COMMANDS or answer.data["success"] is True, function


def test_queries_answer_the_same_by_get(clients: Clients, examples: Examples) -> None:
    visitor = clients.service()
    for function in set(QUERIES) & set(EXPOSED) - set(BY_USERS_ONLY):
        given = {name: value for name, value in arguments(examples, function).items() if value is not None}
        assert visitor.get(function, **given).done() == visitor.rpc(function, **given).done(), function


def test_only_what_is_public_is_for_those_who_are_not_signed_in(clients: Clients, examples: Examples) -> None:
    anonymous = clients.anonymous()
    for function in EXPOSED:
        answer = anonymous.rpc(function, **arguments(examples, function))
        if function in PUBLIC:
            assert answer.error is None, (function, answer)
        else:
            assert (answer.status, answer.error and answer.error["code"]) == (401, "42501"), function


def test_a_stranger_breaks_nothing(clients: Clients, examples: Examples) -> None:
    """What somebody else may not do is refused, and nothing of it is a mistake of ours."""
    stranger = clients.somebody()
    for function in EXPOSED:
        answer = stranger.rpc(function, **arguments(examples, function))
        assert answer.status in (200, 403, 404, 422), (function, answer)
        assert answer.error is None or answer.error["code"] in ("42501", f"PT{answer.status}"), (function, answer)
