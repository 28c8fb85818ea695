"""Clients of a project: supabase-js, told from here what to do."""

import json
from dataclasses import dataclass
from itertools import count
from typing import IO, Any
from uuid import UUID, uuid4

PUBLISHABLE_KEY = "sb_publishable_test"
SECRET_KEY = "sb_secret_test"  # noqa: S105
PASSWORD = "correct horse battery staple"  # noqa: S105


@dataclass(frozen=True)
class Answer:
    """What supabase-js returned."""

    data: Any
    error: dict[str, Any] | None
    status: int | None

    @property
    def context(self) -> dict[str, Any]:
        """What `details` says of a refusal."""
        assert self.error, self.data
        context: dict[str, Any] = json.loads(self.error["details"])
        return context

    @property
    def refusal(self) -> tuple[int | None, str]:
        """The status and the reason."""
        return self.status, self.context["reason"]

    def done(self) -> Any:
        """Return the data of an answer that is no error."""
        assert self.error is None, self
        return self.data


class Clients:
    """A project as its clients see it."""

    def __init__(self, url: str, steps: IO[str], answers: IO[str]) -> None:
        self.url = url
        self._steps = steps
        self._answers = answers
        self._numbers = count(1)

    def anonymous(self, schema: str = "public", **headers: str) -> "Visitor":
        """Open a client of somebody who is not signed in."""
        return self._open(PUBLISHABLE_KEY, schema, headers)

    def service(self) -> "Visitor":
        """Open a client with the secret key, as servers have it."""
        return self._open(SECRET_KEY)

    def somebody(self, schema: str = "public") -> "Visitor":
        """Sign somebody up."""
        visitor = self._open(PUBLISHABLE_KEY, schema)
        visitor.email = f"{uuid4()}@people.example"
        user = visitor.take("signUp", email=visitor.email, password=PASSWORD).done()
        visitor.user_id = UUID(user)
        return visitor

    def together(self, *steps: dict[str, Any]) -> list[Answer]:
        """Take steps at the same moment."""
        self._steps.write(json.dumps(steps, default=str) + "\n")
        self._steps.flush()
        return [Answer(**answer) for answer in json.loads(self._answers.readline())]

    def _open(self, key: str, schema: str = "public", headers: dict[str, str] | None = None) -> "Visitor":
        visitor = Visitor(self, next(self._numbers))
        visitor.take("open", key=key, schema=schema, headers=headers or {})
        return visitor


class Visitor:
    """A client of somebody's."""

    user_id: UUID
    email: str

    def __init__(self, clients: Clients, number: int) -> None:
        self._clients = clients
        self._number = number

    def calling(self, name: str, /, **args: Any) -> dict[str, Any]:
        """Return the step of calling a function, for `together`."""
        return {"step": "rpc", "client": self._number, "name": name, "args": args}

    def rpc(self, name: str, /, **args: Any) -> Answer:
        """Call a function, by POST."""
        return self.take("rpc", name=name, args=args)

    def get(self, name: str, /, **args: Any) -> Answer:
        """Call a function by GET, which runs it READ ONLY."""
        return self.take("rpc", name=name, args=args, options={"get": True})

    def select(self, table: str, columns: str = "*") -> Answer:
        """Read a table or view."""
        return self.take("select", table=table, columns=columns)

    def take(self, step: str, **details: Any) -> Answer:
        """Take one step."""
        (answer,) = self._clients.together({"step": step, "client": self._number, **details})
        return answer
