"""The modules of the package and what each one stands on."""

from collections.abc import Iterable

DEPENDENCIES: dict[str, tuple[str, ...]] = {
    "core": (),
    "notifications": ("core",),
    "credits": ("core",),
    "calendar": ("core", "notifications"),
    "therapy": ("calendar", "credits"),
    "peer": ("calendar", "credits"),
    "gusmester": ("core", "notifications"),
    "classes": ("core", "notifications"),
}
"""Module -> the modules it needs, in an order in which they can be installed."""


def resolve(names: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return ``names`` with everything they need, in the order of installation; all modules for None.

    Raises ValueError naming the modules that do not exist.
    """
    wanted = set(DEPENDENCIES) if names is None else set(names)
    if unknown := wanted - set(DEPENDENCIES):
        raise ValueError(f"unknown module: {', '.join(sorted(unknown))}; the modules are {', '.join(DEPENDENCIES)}")
    for module in reversed(DEPENDENCIES):
        if module in wanted:
            wanted.update(DEPENDENCIES[module])
    return tuple(module for module in DEPENDENCIES if module in wanted)
