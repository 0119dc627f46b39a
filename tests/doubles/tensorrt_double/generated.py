"""Classes with the names and signatures of NVIDIA's bindings, and a behaviour where one was written."""

from __future__ import annotations

import enum
import functools
import inspect
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contracts.tensorrt_stub_file import PARAMETER, split

API = Path(__file__).parents[1] / "tensorrt" / "api"


def read_api() -> dict[str, Any]:
    """The description of the release that the environment names."""
    release = os.environ.get("SIMGATE_TRT_DOUBLE", "11.4")
    api: dict[str, Any] = json.loads((API / f"{release}.json").read_text())
    return api


def make_classes(api: dict[str, Any], behaviour: dict[str, type]) -> dict[str, type]:
    """All classes of the description by name.

    Raises:
        TypeError: A behaviour has a public name that the bindings do not have.
    """
    made: dict[str, type] = {}
    for name, what in api["classes"].items():
        if "." in name:
            continue
        made[name] = _enumeration(name, what) if what["members"] else _class(name, what, behaviour.get(name))
        for nested in what["nested"]:
            setattr(made[name], nested, _enumeration(nested, api["classes"][f"{name}.{nested}"]))
    return made


def _enumeration(name: str, what: dict[str, Any]) -> type:
    return enum.IntEnum(name, [(member, value) for value, member in enumerate(what["members"])])


def _class(name: str, what: dict[str, Any], behaviour: type | None) -> type:
    content: dict[str, Any] = {}
    written = {} if behaviour is None else dict(vars(behaviour))
    for name_of_slot in ("__dict__", "__weakref__"):
        written.pop(name_of_slot, None)
    for key, value in written.items():
        if not key.startswith("_") and key not in what["methods"] and key not in what["properties"]:
            raise TypeError(f"tensorrt.{name} has no '{key}'")
        content[key] = value
    bases = behaviour.__bases__ if behaviour is not None else (object,)
    for method, lines in what["methods"].items():
        if method.startswith("__") and method not in written and hasattr(bases[0], method):
            continue  # what the base of the behaviour does, a tuple or bytes
        does = written.get(method) or _unwritten(name, method)
        content[method] = _checked(f"{name}.{method}", [_signature(line) for line in lines], does)
    for prop in what["properties"]:
        content.setdefault(prop, None)
    return type(name, bases, content)


def _unwritten(name: str, method: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"the double of tensorrt.{name} does not do {method}")

    return refuse


def _checked(name: str, signatures: list[inspect.Signature], does: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(does)
    def call(*args: Any, **kwargs: Any) -> Any:
        for signature in signatures:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError:
                continue
            return does(*bound.args, **bound.kwargs)
        shown = "; ".join(map(str, signatures))
        raise TypeError(f"{name}(): incompatible arguments {args[1:]} {kwargs}; supported: {shown}")

    return call


def _signature(line: str) -> inspect.Signature:
    inside = line.partition("(")[2].rpartition(") -> ")[0]
    parameters, optional = [], False
    for text in split(inside):
        found = PARAMETER.fullmatch(text.strip())
        if found is None or text.startswith("*"):
            parameters.append(inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL))
            continue
        optional = optional or found["default"] is not None
        default = None if optional else inspect.Parameter.empty
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters.append(inspect.Parameter(found["name"], kind, default=default))
    return inspect.Signature(parameters)
