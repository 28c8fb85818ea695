"""Write what is generated: python scripts/generate.py wrappers|docs"""

import argparse
from collections.abc import Mapping
from pathlib import Path

from codegen import synchronous

PROJECT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write the files of one kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("wrappers", "docs"))
    what = parser.parse_args().what
    if what == "wrappers":
        write(synchronous.generate(PROJECT))
    # Not before: the package imports what has been written just now.
    from codegen import catalog, deployed, reference, typescript, wrapper

    with deployed.connection() as connection:
        found = catalog.read(connection)
    files, folder = wrapper.generate(found), wrapper.FUNCTIONS
    if what == "docs":
        files, folder = reference.generate(found), reference.FOLDER
    write(files)
    if what == "wrappers":
        write(typescript.generate(found))
    for path in (PROJECT / folder).iterdir():
        if path.is_file() and path.relative_to(PROJECT).as_posix() not in files:
            path.unlink()
    print(f"wrote {len(files)} files in {folder}")  # noqa: T201


def write(files: Mapping[str, str]) -> None:
    """Write files of the project: path -> text."""
    for name, text in files.items():
        path = PROJECT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
