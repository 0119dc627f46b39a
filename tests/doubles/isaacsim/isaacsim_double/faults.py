"""Faults that a test scripts: ``ISAACSIM_DOUBLE_FAULTS=hung@marked,black``.

``KIND`` strikes always, ``KIND@BODY`` only while the stage has a body of that name.
"""

from __future__ import annotations

import os
import time
from typing import NoReturn

VARIABLE = "ISAACSIM_DOUBLE_FAULTS"
KINDS = ("dead", "exit0", "hung", "close_hang", "no_frame", "black", "constant", "skewed", "lost_steps")


class Faults:
    """The faults of this process."""

    def __init__(self, script: str) -> None:
        self._where: dict[str, str] = {}
        for item in filter(None, script.split(",")):
            kind, _, body = item.partition("@")
            if kind not in KINDS:
                raise ValueError(f"{VARIABLE}: unknown fault '{kind}' (known: {', '.join(KINDS)})")
            self._where[kind] = body

    @classmethod
    def of_this_process(cls) -> Faults:
        return cls(os.environ.get(VARIABLE, ""))

    def strike(self, kind: str, bodies: frozenset[str]) -> bool:
        """Whether a fault is due while the stage has these bodies."""
        return kind in self._where and (not self._where[kind] or self._where[kind] in bodies)

    def before_step(self, bodies: frozenset[str]) -> None:
        """What a physics step may do instead of stepping."""
        if self.strike("dead", bodies):
            os.abort()
        if self.strike("exit0", bodies):
            os._exit(0)
        if self.strike("hung", bodies):
            hang()


def hang() -> NoReturn:
    """Never returns; other threads go on."""
    while True:
        time.sleep(3600.0)
