"""What is wrong with a file of a run, in one sentence."""

from __future__ import annotations

from pydantic import ValidationError

RESTORE = "restore it from a copy of the run, or start a new run"
"""What to do about a file that cannot be made again."""


def damage(error: ValueError) -> str:
    """What an error of reading says; of pydantic's, what is wrong at the first place, and how many more.

    Args:
        error: Of a validator, or of a reader.
    """
    if not isinstance(error, ValidationError):
        return str(error)
    first, *others = error.errors(include_url=False)
    place = ".".join(map(str, first["loc"]))
    said = first["msg"].removeprefix("Value error, ").replace("Input should be", "must be", 1)
    more = f" (and {len(others)} more)" if others else ""
    return (f"{place}: " if place else "") + said[:1].lower() + said[1:] + more
