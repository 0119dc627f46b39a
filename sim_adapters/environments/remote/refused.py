"""What cannot be had of an environment."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - the name says what happened
    """What was asked for cannot be had; ``unknown`` and ``known`` say which name is wrong."""

    def __init__(self, message: str, unknown: str = "", known: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.unknown, self.known = unknown, known
