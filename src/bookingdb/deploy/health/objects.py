"""What is installed, against what this version of the package declares."""

from collections.abc import Iterator

from packaging.version import Version as PackageVersion

from bookingdb.deploy.errors import DeployError
from bookingdb.deploy.health._patient import Finding, Patient, Severity, few
from bookingdb.deploy.inspection import status
from bookingdb.deploy.results import Item, StatusResult

_OFF: dict[str, tuple[Severity, str]] = {
    "missing": ("problem", "Run bookingdb migrate."),
    "edited by hand": ("problem", "bookingdb status --diff shows the change, bookingdb migrate --force undoes it."),
    "outdated": ("problem", "Run bookingdb migrate."),
    "unknown": ("warning", "Look whether it belongs in this schema: it is found before functions elsewhere."),
}


def package_and_objects(patient: Patient) -> Iterator[Finding]:
    """The version that deployed here, and whatever is missing, outdated, edited or unknown."""
    try:
        result = status(
            patient.conninfo,
            schema=patient.schema,
            lock_timeout=patient.lock_timeout,
            package=patient.package,
        )
    except DeployError as refusal:
        yield Finding("objects", "problem", refusal.message, refusal.hint)
        return
    if not result.installed:
        yield Finding("objects", "problem", "nothing is installed in this schema", "Run bookingdb migrate.")
        return
    yield _package(result)
    off = [item for item in result.items if item.state != "up to date" and item.kind != "schema"]
    if not off:
        yield Finding("objects", "fine", f"all {len(result.items)} as this version declares them")
    for state, (severity, advice) in _OFF.items():
        if items := [item for item in off if item.state == state]:
            yield Finding("objects", severity, f"{state}: {_names(items)}", advice)


def _package(result: StatusResult) -> Finding:
    here, there = result.package_version, result.deployed_version or result.package_version
    if PackageVersion(there) > PackageVersion(here):
        return Finding("package", "problem", f"{there} deployed here, this is {here}", f"Install bookingdb {there}.")
    if PackageVersion(there) < PackageVersion(here):
        return Finding(
            "package", "warning", f"{there} deployed here, this is {here}", "Run bookingdb migrate if anything differs."
        )
    return Finding("package", "fine", f"bookingdb {here}")


def _names(items: list[Item]) -> str:
    return few([f"{item.kind} {item.name}" for item in items])
