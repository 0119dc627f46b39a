"""What an episode raised, as people are told of it."""

from __future__ import annotations

import traceback
from pathlib import Path


class CannotPlay(Exception):  # noqa: N818 - the name says what is wrong
    """A variant that is played for what it shows ended in an error; the text says which, and in what."""


def in_one_line(error: BaseException) -> str:
    """An exception as a reader of the report needs it: what, and where in the code it was raised."""
    text = str(error).strip()
    first = text.splitlines()[0] if text else "no message"
    frames = traceback.extract_tb(error.__traceback__)
    # What an environment raised says already where.
    where = f" (raised at {Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {first}{'' if '(raised at ' in first else where}"
