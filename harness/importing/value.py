"""Values of a JSON file, each with its place for messages."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simgate.harness.importing.episode import CannotImport
from simgate.sim_adapters.printable import printable

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Value:
    """One value.

    Attributes:
        held: As it was read.
        file: Where it stands.
        place: Where in it, for example ``tasks[0].episodes[3]``.
    """

    held: Any
    file: str
    place: str = ""

    def get(self, key: str) -> Value | None:
        """The value of a key; None where it is absent or null."""
        found = self.mapping().get(key)
        return None if found is None else Value(found, self.file, f"{self.place}.{key}".lstrip("."))

    def need(self, key: str) -> Value:
        """The value of a key that must be there."""
        found = self.get(key)
        if found is None:
            raise self.wrong(f"has no '{key}'")
        return found

    def mapping(self) -> dict[str, Any]:
        """A mapping."""
        if not isinstance(self.held, dict):
            raise self.wrong_type("a mapping")
        return self.held

    def __iter__(self) -> Iterator[Value]:
        """The items of a list."""
        if not isinstance(self.held, list):
            raise self.wrong_type("a list")
        return (Value(one, self.file, f"{self.place}[{k}]") for k, one in enumerate(self.held))

    def text(self) -> str:
        """Text, or a whole number as text."""
        if isinstance(self.held, bool) or not isinstance(self.held, str | int):
            raise self.wrong_type("text")
        return str(self.held)

    def truth(self) -> bool | None:
        """true or false, also as 1 and 0; None for what is no number at all (NaN)."""
        if isinstance(self.held, float) and math.isnan(self.held):
            return None
        if not isinstance(self.held, bool | int | float) or self.held not in (0, 1):
            raise self.wrong_type("true or false")
        return bool(self.held)

    def number(self) -> float | None:
        """A number; None for one that is not finite."""
        if isinstance(self.held, bool) or not isinstance(self.held, int | float):
            raise self.wrong_type("a number")
        try:
            found = float(self.held)
        except OverflowError:
            return None
        return found if math.isfinite(found) else None

    def whole(self) -> int:
        """A whole number."""
        if isinstance(self.held, bool) or not isinstance(self.held, int):
            raise self.wrong_type("a whole number")
        return self.held

    def numbers(self) -> dict[str, float | None]:
        """Those entries of a mapping that are numbers."""
        kept = {key: one for key, one in self.mapping().items() if isinstance(one, int | float)}
        # A truth is 0 or 1 here.
        return {
            key: Value(int(one) if isinstance(one, bool) else one, self.file, key).number()
            for key, one in kept.items()
        }

    def wrong_type(self, wanted: str) -> CannotImport:
        """The error of a value of another type."""
        shown = printable(json.dumps(self.held, default=str))
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
        return self.wrong(f"must be {wanted}, not {shown}")

    def wrong(self, what: str) -> CannotImport:
        """An error at this place."""
        return CannotImport(f"{self.file}: {printable(self.place) or 'it'} {what}")


def is_scalar(value: Any) -> bool:
    """Whether a record can hold it as a parameter."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, bool | str) or (isinstance(value, int) and abs(value) < 2**63)


def json_of(text: str, file: str, line: int = 0) -> Value:
    """A JSON text, whose keys may each stand once.

    Raises:
        CannotImport: It is none.
    """
    where = f"{file}:{line}" if line else file
    try:
        return Value(json.loads(text, object_pairs_hook=_once), where)
    except RecursionError:
        raise CannotImport(f"{where} is nested too deeply") from None
    except json.JSONDecodeError as error:
        at = f"{file}:{line or error.lineno}:{error.colno}"
        raise CannotImport(f"{at}: it is no whole JSON: {printable(error.msg)}") from None
    except ValueError as error:
        raise CannotImport(f"{where}: {printable(str(error).splitlines()[0])}") from None


def _once(entries: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(entries)
    if len(found) < len(entries):
        twice = next(key for key, _ in entries if sum(key == other for other, _ in entries) > 1)
        raise ValueError(f"the key '{twice[:_SHOWN]}' stands twice in one mapping")
    return found


def require_count(value: Value | None, found: int, what: str) -> None:
    """Refuses a file that says another number of episodes than it lists: some of it is lost.

    Raises:
        CannotImport: It does.
    """
    if value is not None and value.whole() != found:
        raise value.wrong(f"says {value.whole()} {what}, and {found} are listed: the file is not whole")
