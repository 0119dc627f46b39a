"""Messages of any type, whose fields are set and read by their paths."""

from __future__ import annotations

import array
import difflib
import importlib
import os
import re
from typing import Any

import numpy

_LONGEST = 300


class Failed(Exception):  # noqa: N818 - the name says what happened
    """The node, or how it is declared, is at fault; the message says which and how."""


def message_type(name: str) -> Any:
    """The class of ``package/msg/Name``."""
    package, middle, short = name.split("/")
    missing = f"this ROS installation has no message type {name}"
    try:
        kinds = vars(importlib.import_module(f"{package}.{middle}"))
    except ImportError:
        distro = os.environ.get("ROS_DISTRO") or "DISTRO"
        install = f"install ros-{distro}-{package.replace('_', '-')}"
        raise Failed(f"{missing}: {install}, or write setup: of the workspace that has it") from None
    if short not in kinds:
        near = difflib.get_close_matches(short, [one for one in kinds if one[0].isupper()], 1)
        raise Failed(f"{missing}{f'; did you mean {near[0]}?' if near else ''}")
    return kinds[short]


def steps_of(path: str) -> list[str | int | None]:
    """``a.b[].c[0]`` as names, None for every element, and numbers of elements; ``[arm]`` stays as it is."""
    parts = re.findall(r"\[[^\]]*\]?|[^.\[]+", path)  # A joint's name may have dots.
    known: dict[str, str | int | None] = {"[]": None}
    known.update({part: int(part[1:-1]) for part in parts if re.fullmatch(r"\[-?\d+\]", part)})
    return [known.get(part, part) for part in parts]


def read_field(value: Any, steps: list[str | int | None], path: str) -> Any:
    """What stands at a path: numbers of a message as an array, a list where it goes through every element.

    ``position[elbow]`` is the element at the place that ``elbow`` has in the message's ``name`` or
    ``joint_names``.
    """
    whole = value
    for number, step in enumerate(steps):
        if step is None:
            return [read_field(one, steps[number + 1 :], path) for one in value]
        try:
            if isinstance(step, int):
                value = value[step]
            elif step[0] == "[":
                value = value[_place_of(whole, step[1:-1], path)]
            else:
                value = getattr(value, step)
        except AttributeError:
            raise Failed(f"{type(value).__name__} has no field '{path}'") from None
        except IndexError:
            raise Failed(f"field '{path}' has only {len(value)} elements") from None
    if hasattr(value, "get_fields_and_field_types"):
        raise Failed(f"field '{path}' is a {type(value).__name__}, no number or text")
    if isinstance(value, array.array):
        return numpy.array(value)
    if hasattr(value, "tolist"):
        return value if getattr(value, "ndim", 0) else value.tolist()
    return list(value) if isinstance(value, tuple) else value


def _place_of(message: Any, name: str, path: str) -> int:
    names = [*getattr(message, "name", ()), *getattr(message, "joint_names", ())]
    if name not in names:
        raise Failed(f"field '{path}': the message names {', '.join(map(str, names)) or 'nothing'}")
    return names.index(name)


def write_field(message: Any, path: str, value: Any) -> None:
    """Sets what stands at a path, made to the type that is there; ``a[0]`` of none makes the first one."""
    *steps, last = steps_of(path)
    place, kind = message, ""
    try:
        for step in steps:
            if isinstance(step, int):
                if step == len(place) and kind.startswith("sequence<"):
                    place.append(message_type(kind[9:-1].replace("/", "/msg/"))())
                place = place[step]
            else:
                kind = place.get_fields_and_field_types().get(step, "")
                place = getattr(place, str(step))
        had = place[last] if isinstance(last, int) else getattr(place, str(last))
        value = _as_it_was(had, value)
        if isinstance(last, int):
            place[last] = value
        else:
            setattr(place, str(last), value)
    except (AttributeError, IndexError):
        raise Failed(f"{type(message).__name__} has no field '{path}'") from None
    except (AssertionError, TypeError, ValueError, OverflowError) as error:
        said = " ".join(str(error).split())[:_LONGEST]
        raise Failed(f"field '{path}' of {type(message).__name__}: {said}") from None


def _as_it_was(had: Any, value: Any) -> Any:
    """A value in the type of what stood in its place.

    Raises:
        ValueError: That type cannot hold it.
    """
    if isinstance(had, array.array):
        if hasattr(value, "astype"):
            made = value.astype(had.typecode)
            if made.dtype.kind in "iu" and (made != value).any():
                raise ValueError("numbers with a fraction, or beyond what it holds, in whole ones")
            value = made.tobytes()
        return array.array(had.typecode, value)
    if isinstance(had, bool | int | float):
        made = type(had)(value)
        if not isinstance(had, float) and made != value:
            kind = "truth value" if isinstance(had, bool) else "whole number"
            raise ValueError(f"{value} is no {kind}")
        return made
    return value.tolist() if hasattr(value, "tolist") else value


def stamp_of(message: Any) -> int | None:
    """``header.stamp``, nanoseconds; None of a message without one."""
    stamp = getattr(getattr(message, "header", None), "stamp", None)
    return None if stamp is None else stamp.sec * 10**9 + stamp.nanosec
