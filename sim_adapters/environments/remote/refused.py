"""What cannot be had of an environment, and what it raised."""

from __future__ import annotations

import traceback
from pathlib import Path


class Refused(Exception):  # noqa: N818 - the name says what happened
    """What was asked for cannot be had; ``unknown`` and ``known`` say which name is wrong."""

    def __init__(self, message: str, unknown: str = "", known: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.unknown, self.known = unknown, known


def told(error: BaseException) -> str:
    """An exception in one line: kind, first line of its message, where it was raised."""
    first = (str(error).strip().splitlines() or ["no message"])[0]
    frames = traceback.extract_tb(error.__traceback__)
    where = f" (raised at {Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {first}{where}"
