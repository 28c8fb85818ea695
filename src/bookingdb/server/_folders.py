"""The folders a server needs: where its sockets go, and those whose data are kept."""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from bookingdb.server import _supervisor
from bookingdb.server._binaries import ServerError, find_binaries, open_to_all

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - here and below, only folders of this user's own are used
SHORT_PATHS = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108
LOCK = "bookingdb.lock"
"""The file that marks a folder of kept data, locked for as long as a server runs on them."""

_ROOM = 1 << 30  # a container's /dev/shm is often 64 MB, less than one cluster grows to
_LONGEST_FOLDER = 103 - len(f"/.s.PGSQL.{_supervisor.PORT}")  # a socket's path is at most 103 bytes
_LONGEST_BASE = _LONGEST_FOLDER - len(f"/{_supervisor.PREFIX}12345678")


def unprivileged_account() -> pwd.struct_passwd | None:
    """Return whom the server runs as when this is root, as whom PostgreSQL refuses to run; None for anybody else."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "_postgres", "nobody", "daemon"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerError(
        "PostgreSQL does not run as root and there is no user postgres or nobody: run as an ordinary user"
    )


def bases() -> list[Path]:
    """Return where throw-away folders may be made, the best place first."""
    return [base for base in (SHARED_MEMORY, Path(tempfile.gettempdir()), *SHORT_PATHS) if base.is_dir()]


def choose_base(*, for_other_user: bool) -> Path:
    """Return the first of ``bases()`` in which a server can run."""
    for base in bases():
        if (
            os.access(base, os.W_OK | os.X_OK)
            and _holds_socket(base, _LONGEST_BASE)
            and (base != SHARED_MEMORY or shutil.disk_usage(base).free >= _ROOM)
            and (open_to_all(base) or not for_other_user)
        ):
            return base
    raise ServerError(
        "No folder can hold a server's files: set TMPDIR to a writable folder whose path is short "
        f"(at most {_LONGEST_BASE} bytes) and open to all users"
    )


def _holds_socket(folder: Path, longest: int) -> bool:
    # A comma separates the hosts in a connection string.
    return len(os.fsencode(folder)) <= longest and "," not in str(folder)


def claim(directory: Path, account: pwd.struct_passwd | None) -> Path:
    """Return the folder for kept data, absolute, made where it is missing; refuse one that holds anything else."""
    directory = directory.resolve()
    missing = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    existing = [folder for folder in directory.parents if folder not in missing]
    if account and not all(folder.stat().st_mode & 0o001 for folder in existing):
        raise ServerError(
            f"{directory} is closed to the user {account.pw_name}, as whom the server of root runs: "
            "choose a folder that every user may enter"
        )
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755 if account else 0o700)
    if any(directory.iterdir()) and not (directory / LOCK).exists():
        raise ServerError(f"{directory} holds other files: choose a new or an empty folder")
    if account:
        directory.chmod(directory.stat().st_mode | 0o001)  # ours alone; the data in it are closed
    (directory / LOCK).touch()
    return directory


def binaries_for(directory: Path) -> Path:
    """Return programs for the data kept in ``directory``: of the version that made them, if there are any yet."""
    with suppress(FileNotFoundError):
        version = int((directory / _supervisor.DATA / "PG_VERSION").read_text())
        try:
            return find_binaries(version)
        except ServerError as error:
            raise ServerError(f"The data in {directory} are PostgreSQL {version}'s. {error}") from error
    return find_binaries()


def socket_folder(directory: Path) -> Path:
    """Return where the sockets of a lasting server go: always the same place for the same ``directory``."""
    beside_data = directory / "run"
    if _holds_socket(beside_data, _LONGEST_FOLDER):
        return beside_data
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    return SHORT_PATHS[0] / f"bookingdb-{os.geteuid()}-{name}"


def make_private(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make ``folder``, which nobody enters but this user and the server's; refuse one that is somebody else's."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not is_private(folder, account):
        raise ServerError(f"{folder}, where the server's socket goes, is not private: delete it")
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid, follow_symlinks=False)


def is_private(folder: Path, account: pwd.struct_passwd | None) -> bool:
    """Whether ``folder`` is a folder that only this user and the server's can enter."""
    about = folder.lstat()
    owners = {os.geteuid(), account.pw_uid if account else os.geteuid()}
    return stat.S_ISDIR(about.st_mode) and about.st_uid in owners and not about.st_mode & 0o077
