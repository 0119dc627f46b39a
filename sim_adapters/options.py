"""Options of adapters and policies, declared so that a pack's can be checked before anything starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simgate.sim_adapters.optional_member import OptionalMember

_WORDS = {
    "bool": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "text": "text",
    "file": "a file",
}


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    Attributes:
        kind: Of its value; ``file`` is a path, which starts at the pack's folder.
        default: Value where nobody gives one; None for none.
        meaning: One sentence.
        low: Smallest number.
        high: Largest number.
        choices: The only texts; empty for any.
        pattern: Regular expression that all of a text matches; empty for any.
        form: What the value must be, in words, where the kind does not say it.
        shows: Whether frames may depend on it so much that the doctor looks at them under each choice.
    """

    kind: Literal["bool", "integer", "number", "text", "file"]
    default: bool | int | float | str | None
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""
    shows: bool = False

    def problem(self, value: object) -> str | None:
        """Says in words why a value is not allowed, or returns None."""
        if self._fits(value):
            return None
        return f"must be {self.form or self._wanted}, not {value!r}"

    @property
    def _wanted(self) -> str:
        if self.choices:
            return " or ".join(self.choices)
        limits = ""
        if self.low is not None:
            limits = (
                f" of at least {self.low:g}" if self.high is None else f" from {self.low:g} to {self.high:g}"
            )
        return f"{_WORDS[self.kind]}{limits}"

    def _fits(self, value: object) -> bool:
        if self.kind == "bool":
            return isinstance(value, bool)
        if self.kind in ("text", "file"):
            if not isinstance(value, str) or (self.choices and value not in self.choices):
                return False
            return not self.pattern or re.fullmatch(self.pattern, value) is not None
        if isinstance(value, bool) or not isinstance(value, int if self.kind == "integer" else (int, float)):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


Options = Mapping[str, Option]
"""Name -> option. An adapter's are the entry point of its name in group ``simgate.adapter_options``, in a
module that imports no simulator; a policy's are its factory's :data:`OPTIONS`."""

OPTIONS: OptionalMember[Options | None] = OptionalMember("options", None)
"""What may stand under ``policy_options``; of one that does not say it nothing is judged."""


def read_options(owner: str, known: Options, given: Mapping[str, object]) -> dict[str, Any]:
    """The value of every option: the given one, else the default.

    Args:
        owner: Who has the options, for messages, for example ``mujoco adapter``.
        known: All options.
        given: Name -> value.

    Raises:
        ValueError: An option is unknown or has a value that it cannot have.
    """
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"{owner}: unknown option {name!r} (known: {', '.join(sorted(known))})")
        problem = known[name].problem(value)
        if problem is not None:
            raise ValueError(f"{owner}: {name} {problem}")
    return {name: given.get(name, option.default) for name, option in known.items()}
