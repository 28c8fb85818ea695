"""The comment on a public function, which has a fixed shape:

    What it does, in one or more sentences.
    p_one: what it is. p_two, p_three: what they are.
    Returns: {success, one, two (NULL when …), three (table.column)}; a note.
    Raises: reason, other_reason (when, or the keys of its context).
    Rule: where it is promised.

What is said of a parameter may do the same, and begin with ``one of a, b (remark)``: these are all its values.

The braces stand for the object a command returns; a table function lists its columns without them. ``NULL`` in the
remark on a column says that it may be NULL, ``table.column`` that it has the values that column's CHECK allows.
"""

import re
from typing import NamedTuple

_VALUE = r"\w+(?: \([^)]*\))?"


class Item(NamedTuple):
    """A name and the remark in parentheses behind it."""

    name: str
    about: str


class Comment(NamedTuple):
    """A function's comment, taken apart."""

    summary: str
    parameters: dict[str, str]
    """Parameter with its p_ -> what is said of it."""
    returns: str
    raises: list[Item]
    rule: str


class MalformedComment(ValueError):
    """A comment that does not have the shape, or does not fit its function."""


def parse(text: str) -> Comment:
    """Take a comment apart."""
    parts = {"summary": "", "parameters": "", "Returns": "", "Raises": "", "Rule": ""}
    for number, line in enumerate(text.splitlines()):
        keyword, colon, rest = line.partition(": ")
        if number == 0:
            parts["summary"] = line
        elif line.startswith("p_"):
            parts["parameters"] += f"{line} "
        elif colon and keyword in parts:
            parts[keyword] = rest
        else:
            raise MalformedComment(f"has a line that begins neither with p_… nor with Returns, Raises or Rule: {line}")
    if not (parts["Returns"] and parts["Raises"]):
        raise MalformedComment("has no line for what it returns or for what it raises")
    return Comment(
        parts["summary"],
        _parameters(parts["parameters"]),
        parts["Returns"],
        [] if parts["Raises"] == "nothing." else items(parts["Raises"])[0],
        parts["Rule"],
    )


def _parameters(line: str) -> dict[str, str]:
    _, *parts = re.split(r"(?:^|(?<=\. ))(p_\w+(?:, p_\w+)*): ", line)
    return {
        name: about.strip() for names, about in zip(parts[::2], parts[1::2], strict=True) for name in names.split(", ")
    }


def listed_values(about: str) -> tuple[str, ...]:
    """Return a and b of ``one of a, b (remark)``; nothing where any value may be given."""
    listed = re.match(rf"one of ({_VALUE}(?:, {_VALUE})*)", about)
    return tuple(re.findall(r"\w+", re.sub(r"\([^)]*\)", "", listed[1]))) if listed else ()


def items(text: str) -> tuple[list[Item], str]:
    """Return the items of ``a, b (remark), c. A note.`` or ``{a, b (remark)}; a note.``, and the note."""
    text = text.removeprefix("one row: ")
    pieces, depth, end = [""], 0, len(text)
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and character in ".}":
            end = position
            break
        if depth == 0 and character == ",":
            pieces.append("")
        else:
            pieces[-1] += character
    return [_item(piece.strip(" {")) for piece in pieces], text[end + 1 :].lstrip(";. ")


def _item(piece: str) -> Item:
    match = re.fullmatch(r"(\w+)(?: \((.*)\))?", piece)
    if not match:
        raise MalformedComment(f"says where a name belongs, with or without a remark in parentheses: {piece}")
    return Item(match[1], match[2] or "")
