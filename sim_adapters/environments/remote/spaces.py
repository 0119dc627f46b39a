"""Spaces of gymnasium as plain data, and values of them as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .refused import Refused


def spaces(space: Any, name: str) -> Iterator[dict[str, Any]]:
    """Every array of an observation: name, shape, type, bounds; ``obs``, or ``obs.KEY`` for parts.

    Raises:
        Refused: A space that is no array, for example of texts.
    """
    for path, _, one in _leaves(space, name):
        kind = type(one).__name__
        if kind == "Box":
            low, high = float(np.min(one.low)), float(np.max(one.high))
            shape = list(one.shape) or [1]  # A single number comes without a shape.
            yield {"name": path, "shape": shape, "dtype": one.dtype.name, "low": low, "high": high}
        elif kind == "Discrete":
            start = float(getattr(one, "start", 0))
            high = start + float(one.n) - 1
            yield {"name": path, "shape": [1], "dtype": "int64", "low": start, "high": high}
        elif kind in ("MultiDiscrete", "MultiBinary"):
            shape = list(np.shape(one.sample()))
            high = float(np.max(one.nvec)) - 1 if kind == "MultiDiscrete" else 1.0
            yield {"name": path, "shape": shape, "dtype": "int64", "low": 0.0, "high": high}
        else:
            raise Refused(f"observation {path} is a {kind}, and only arrays and whole numbers can be read")


class Reader:
    """Reads observations of a space as arrays, by the names of :func:`spaces`.

    Args:
        space: Of the environment.
        name: What its names begin with.
    """

    def __init__(self, space: Any, name: str) -> None:
        self._parts = []
        for path, keys, one in _leaves(space, name):
            kind = one.dtype if type(one).__name__ == "Box" else np.dtype("int64")
            self._parts.append((path, keys, kind, tuple(getattr(one, "shape", ()) or ()) or (1,)))

    def parts(self, observation: Any) -> Iterator[tuple[str, Any]]:
        """What an observation has under each name, as it is."""
        for path, keys, _, _ in self._parts:
            part = observation
            for key in keys:
                part = part[key]
            yield path, part

    def read(self, observation: Any) -> dict[str, np.ndarray]:
        """The arrays of an observation.

        Raises:
            ValueError: A part of another shape than its space says, or with a number that is none.
        """
        found = {}
        for (path, _, kind, shape), (_, part) in zip(self._parts, self.parts(observation)):
            array = np.asarray(part, dtype=kind)
            if array.shape != shape:
                if array.ndim or shape != (1,):
                    raise ValueError(
                        f"observation {path} has shape {array.shape}, and its space says {shape}"
                    )
                array = array.reshape(1)
            if array.dtype.kind == "f" and np.isnan(array).any():
                raise ValueError(f"observation {path} has a number that is nan")
            found[path] = array
        return found


def _leaves(space: Any, name: str, keys: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...], Any]]:
    """Name, the keys that lead to it, and space of every part."""
    kind = type(space).__name__
    if kind == "Dict":
        for key, one in space.spaces.items():
            for found in _leaves(one, f"{name}.{key}", (*keys, key)):
                yield found
    elif kind == "Tuple":
        for index, one in enumerate(space.spaces):
            for found in _leaves(one, f"{name}.{index}", (*keys, index)):
                yield found
    else:
        yield name, keys, space


def action_of(space: Any, inner: Any) -> dict[str, Any]:
    """Names and bounds of the numbers of an action, and whether they are whole.

    Raises:
        Refused: The action is no row of numbers.
    """
    kind = type(space).__name__
    if kind == "Box":
        size = int(np.prod(space.shape))
        return {
            "names": _names(inner, size),
            "low": np.asarray(space.low, dtype=np.float64).reshape(-1).tolist(),
            "high": np.asarray(space.high, dtype=np.float64).reshape(-1).tolist(),
            "whole": False,
        }
    if kind == "Discrete":
        start = float(getattr(space, "start", 0))
        return {"names": ["action"], "low": [start], "high": [start + float(space.n) - 1], "whole": True}
    if kind in ("MultiDiscrete", "MultiBinary"):
        nvec = (
            np.asarray(space.nvec).reshape(-1) if kind == "MultiDiscrete" else np.full(space.n, 2).reshape(-1)
        )
        names = [f"action.{k}" for k in range(len(nvec))]
        high = [float(n) - 1 for n in nvec]
        return {"names": names, "low": [0.0] * len(names), "high": high, "whole": True}
    raise Refused(f"the action is a {kind}, and only Box, Discrete, MultiDiscrete, MultiBinary can be told")


def _names(inner: Any, size: int) -> list[str]:
    model = getattr(inner, "model", None)
    if model is not None and getattr(model, "nu", None) == size:
        try:
            names = [model.actuator(index).name for index in range(size)]
        except (AttributeError, KeyError):
            names = []
        if names and all(names) and len(set(names)) == size:
            return names
    return [f"action.{index}" for index in range(size)]


def fitting(space: Any, action: np.ndarray) -> Any:
    """An action, float64 of shape (A,), as the environment takes it.

    Raises:
        ValueError: A part that must be whole is not.
    """
    kind = type(space).__name__
    if kind == "Box" and np.dtype(space.dtype).kind == "f":
        return np.asarray(action, dtype=space.dtype).reshape(space.shape)
    whole = np.rint(action)
    if (whole != action).any():
        raise ValueError(f"the action is {action.tolist()}, and this environment takes whole numbers")
    if kind == "Discrete":
        return int(whole[0])
    return whole.astype(space.dtype if kind == "Box" else np.int64).reshape(space.shape)
