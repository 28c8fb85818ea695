"""What the commands answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bookingdb.deploy.files import Kind
from bookingdb.deploy.history import Action

State = Literal["up to date", "outdated", "edited by hand", "missing", "unknown"]


@dataclass(frozen=True)
class Change:
    """One file whose objects were (or, in a dry run, would be) brought to the state it declares."""

    action: Action
    kind: Kind
    module: str
    name: str


@dataclass(frozen=True)
class MigrateResult:
    """What a deployment did, or would do in a dry run."""

    schema: str
    modules: Sequence[str]
    dry_run: bool
    roles: Sequence[str] = ()
    """API roles that were made."""
    usage: Sequence[str] = ()
    """API roles that were given the use of the schema."""
    migrations: Sequence[str] = ()
    """Migrations that were applied."""
    changes: Sequence[Change] = ()

    @property
    def changed(self) -> bool:
        """Whether there was anything to do."""
        return bool(self.roles or self.usage or self.migrations or self.changes)


@dataclass(frozen=True)
class Item:
    """A migration, a file's objects, the schema itself, or a function that is not ours."""

    kind: Literal["migration", "function", "constraint", "policy", "schema"]
    module: str | None
    name: str
    state: State
    detail: str | None = None
    diff: str | None = None
    """Where it was changed by hand: the definition that was deployed against the one in the database."""


@dataclass(frozen=True)
class StatusResult:
    """How the database compares with this version of the package."""

    schema: str
    package_version: str
    deployed_version: str | None = None
    """The newest version of the package that has deployed here."""
    modules: Sequence[str] = ()
    """The modules that are installed; none where nothing is."""
    items: Sequence[Item] = field(default_factory=tuple)

    @property
    def installed(self) -> bool:
        """Whether anything is installed."""
        return bool(self.modules)

    @property
    def up_to_date(self) -> bool:
        """Whether everything is installed as this package declares it."""
        return self.installed and all(item.state == "up to date" for item in self.items)


@dataclass(frozen=True)
class Loss:
    """What a rollback takes away: a table, or a column of one that stays."""

    table: str
    column: str | None
    rows: int
    """Rows of the table; of a column, those that have a value in it."""


@dataclass(frozen=True)
class RollbackResult:
    """What a rollback takes away, or took."""

    schema: str
    migrations: Sequence[str]
    """Newest first."""
    losses: Sequence[Loss]
    dropped: Sequence[Change]
    """Functions, constraints and policies, which ``migrate`` would make again."""
    edited: Sequence[str]
    """Those of them that somebody edited by hand."""
    done: bool = False


@dataclass(frozen=True)
class Deployed:
    """One row of the history: a version of a function, constraint or policy."""

    deployed_at: datetime
    deployed_by: str
    action: Action
    kind: Kind
    module: str
    name: str
    version: int
    package_version: str
