"""``--set TARGET=RANGE``: one thing of an environment that varies, or that is another than its default."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgate.sim_adapters.environments.opened import OpenedEnvironment
    from simgate.sim_adapters.worlds.world import ParameterSpec

_MAKE = "make."
FORM = "write TARGET=LOW..HIGH, TARGET=A,B,C or TARGET=VALUE, for example make.mass_kg=0.5..2"


@dataclass(frozen=True, slots=True)
class Setting:
    """One parameter of the pack.

    Attributes:
        target: What it sets in the environment; empty for what is worn in its robot.
        parameter: Its name in the pack.
        value: As the pack writes it: a value, or a mapping of a distribution to its numbers.
        argument: The keyword argument that every episode is made with, where it is a single word or truth;
            then it is no parameter.
    """

    target: str
    parameter: str
    value: Any
    argument: str = ""


def read_setting(text: str, opened: OpenedEnvironment) -> Setting:
    """What one ``--set`` means for an environment.

    Args:
        text: ``TARGET=RANGE``.
        opened: The environment, which knows its targets and whether one takes whole numbers.

    Raises:
        ValueError: It means nothing; the message says what to write.
        NativeError: The environment has no such target.
    """
    target, is_given, written = (part.strip() for part in text.partition("="))
    if not (target and is_given and written):
        raise ValueError(f"--set {text}: {FORM}")
    axis = opened.axes(1).get(target)
    spec = axis.spec if axis is not None else opened.target(target)
    try:
        value = _range(written, spec)
    except ValueError as error:
        raise ValueError(f"--set {text}: {error}; {FORM}") from None
    if axis is not None:
        return Setting("", target, value)
    is_made = target.startswith(_MAKE) and isinstance(value, bool | str)
    name = re.sub(r"[^A-Za-z0-9_.-]", ".", target)
    return Setting(target, name, value, target.removeprefix(_MAKE) if is_made else "")


def typed(written: str) -> bool | int | float | str:
    """A word of the command line as a value of a pack: true and false, numbers, else the word itself."""
    word = written.strip()
    if word in ("true", "false"):
        return word == "true"
    for kind in (int, float):
        try:
            number = kind(word)
        except ValueError:
            continue
        if not math.isfinite(number):
            raise ValueError(f"{word} is no finite number")
        return number
    return word


def _range(written: str, spec: ParameterSpec) -> Any:
    low, is_range, high = written.partition("..")
    if is_range:
        ends = typed(low), typed(high)
        if not all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends):
            raise ValueError(f"'{written}' is no range of numbers")
        if not ends[0] < ends[1]:  # type: ignore[operator]
            raise ValueError(f"{low.strip()} is not below {high.strip()}")
        if spec.kind == "integer" and not all(isinstance(end, int) for end in ends):
            raise ValueError("it takes whole numbers")
        return {"integers" if spec.kind == "integer" else "uniform": list(ends)}
    values = [typed(word) for word in written.split(",")]
    if "" in values:
        raise ValueError("a value is empty")
    return values[0] if len(values) == 1 else {"choice": values}
