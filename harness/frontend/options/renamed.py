"""An option that has another name now says so; nothing is done under the old one."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn


class Renamed(argparse.Action):
    """Refuses an old name, and names the new one.

    Args:
        new: What the option is called now.
    """

    def __init__(self, option_strings: list[str], dest: str, new: str, **_: Any) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs="?", help=argparse.SUPPRESS)
        self._new = new

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> NoReturn:
        """Ends with the parser's error."""
        parser.error(f"{option_string} has another name now: {self._new}")
