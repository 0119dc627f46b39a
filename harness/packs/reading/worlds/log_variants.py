"""The variants that the parts of logs are, with what the logs say of themselves."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from simgate.harness.packs.language.definition import LONGEST_NAME
from simgate.harness.packs.model import PinnedVariant, Scalar
from simgate.sim_adapters.replay.opened import OpenedLog
from simgate.sim_adapters.scene.log import LogChannel
from simgate.sim_adapters.worlds.declared.log import FROM, LOG, TO
from simgate.sim_adapters.worlds.native_file import NativeError
from simgate.sim_adapters.worlds.world import ParameterSpec

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,60}\Z")
_LONGEST_WORD = 200


@dataclass(frozen=True, slots=True)
class Replayed:
    """A log of a world.

    Attributes:
        opened: The log.
        labels: File of its labels, absolute; None without.
        parts: Begin and end of each part, seconds from its first picture.
    """

    opened: OpenedLog
    labels: Path | None
    parts: list[tuple[float, float]]


def about_of_logs(said: Sequence[Mapping[str, str]]) -> dict[str, ParameterSpec]:
    """What all logs say of themselves, as parameters ``log.NAME``: numbers where all of them are."""
    found = {}
    for name in sorted(set(said[0]).intersection(*said[1:])):
        values = [one[name] for one in said]
        own = f"log.{name}"
        if own in (LOG, FROM, TO) or not _NAME.match(name) or not all(map(_is_word, values)):
            continue
        numbers = [_number(value) for value in values]
        known = [number for number in numbers if number is not None]
        meaning = "What the log says of itself."
        if len(known) == len(values):
            found[own] = ParameterSpec("number", known[0], meaning)
        else:
            found[own] = ParameterSpec("choice", values[0], meaning)
    return found


def variants_of_logs(logs: Mapping[str, Replayed], about: Sequence[str]) -> tuple[PinnedVariant, ...]:
    """A variant for each part of each log.

    Args:
        logs: By name.
        about: Parameters that they say of themselves.
    """
    taken: Counter[str] = Counter()
    pins = []
    for name, log in logs.items():
        known = {one: _value(log.opened.parameters[one.removeprefix("log.")], logs, one) for one in about}
        stem = (
            re.sub(r"[^A-Za-z0-9_-]+", "-", name.removesuffix(".mcap").removesuffix(".bag")).strip("-")
            or "log"
        )
        stem = stem[: LONGEST_NAME - 16]
        taken[stem] += 1
        stem = stem if taken[stem] == 1 else f"{stem}-{taken[stem]}"
        for number, (begin, end) in enumerate(log.parts):
            own = stem if len(log.parts) == 1 else f"{stem}-{number:03d}"
            which: dict[str, Scalar] = {LOG: name} if len(logs) > 1 else {}
            pins.append(PinnedVariant(id=own, parameters={**which, FROM: begin, TO: end, **known}))
    return tuple(pins)


def channels_of_logs(logs: Mapping[str, Replayed], asked: Mapping[str, str]) -> Iterator[LogChannel]:
    """What is read of all logs besides their pictures.

    Raises:
        NativeError: A log does not have it, or as something else than the others.
    """
    for name, topic in asked.items():
        first, *others = (log.opened.channel(name, topic) for log in logs.values())
        shape = first.shape
        for one in others:
            if first.kind == "points":
                shape = (max(shape[0], one.shape[0]), 3)
            elif (one.kind, one.shape, one.entries) != (first.kind, first.shape, first.entries):
                message = f"the channel '{name}' of {topic} is not the same in all logs"
                raise NativeError("file", message, "make a scenario for each kind of log")
        yield replace(first, shape=shape)


def _value(said: str, logs: Mapping[str, Replayed], name: str) -> Scalar:
    key = name.removeprefix("log.")
    if all(_number(log.opened.parameters[key]) is not None for log in logs.values()):
        return _number(said) or 0.0
    return said


def _is_word(said: str) -> bool:
    return bool(said.strip()) and len(said) <= _LONGEST_WORD and said.isprintable()


def _number(said: str) -> float | None:
    try:
        value = float(said)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
