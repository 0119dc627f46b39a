"""Spaces of gymnasium as plain data, and values of them as arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .refused import Refused


def spaces(space: Any, name: str) -> Iterator[dict[str, Any]]:
    """Every array of an observation: name, shape, type, bounds; ``obs``, or ``obs.KEY`` for parts.

    Raises:
        Refused: A space that is no array, for example of texts, or two parts of one name.
    """
    names = set()
    for path, _, one in _leaves(space, name):
        if path in names:
            raise Refused(f"two parts of the observation are called {path}")
        names.add(path)
        kind = type(one).__name__
        if 0 in (getattr(one, "shape", None) or ()):
            raise Refused(f"observation {path} has no numbers (its space has shape {tuple(one.shape)})")
        if kind == "Box":
            low, high = float(np.min(one.low)), float(np.max(one.high))
            shape = list(one.shape) or [1]  # A single number comes without a shape.
            yield {"name": path, "shape": shape, "dtype": one.dtype.name, "low": low, "high": high}
        elif kind == "Discrete":
            start = float(getattr(one, "start", 0))
            high = start + float(one.n) - 1
            yield {"name": path, "shape": [1], "dtype": "int64", "low": start, "high": high}
        elif kind in ("MultiDiscrete", "MultiBinary"):
            lows, highs = _whole_bounds(one)
            low, high = float(lows.min()), float(highs.max())
            yield {"name": path, "shape": list(one.shape), "dtype": "int64", "low": low, "high": high}
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
            kind = np.dtype(one.dtype) if type(one).__name__ == "Box" else np.dtype("int64")
            shape = tuple(getattr(one, "shape", ()) or ()) or (1,)
            self._parts.append((path, keys, kind, shape, kind.kind == "f"))

    def parts(self, observation: Any) -> Iterator[tuple[str, Any]]:
        """What an observation has under each name, as it is."""
        for path, keys, _, _, _ in self._parts:
            yield path, _part_of(observation, path, keys)

    def read(self, observation: Any) -> dict[str, np.ndarray]:
        """The arrays of an observation.

        Raises:
            ValueError: A part of another shape than its space says, with a number that is none, or with one
                that the space's type does not hold.
        """
        found = {}
        for path, keys, kind, shape, is_fraction in self._parts:
            array = _part_of(observation, path, keys) if keys else observation
            if type(array) is not np.ndarray:
                array = np.asarray(array)
            if array.dtype != kind:
                array = _as_its_space(array, kind, path)
            if array.shape != shape:
                if array.ndim or shape != (1,):
                    raise ValueError(
                        f"observation {path} has shape {array.shape}, and its space says {shape}"
                    )
                array = array.reshape(1)
            # A sum of squares tells it in half the time, unless it is too large to be a number.
            if is_fraction and not math.isfinite(np.vdot(array, array)) and np.isnan(array).any():
                raise ValueError(f"observation {path} has a number that is nan")
            found[path] = array
        return found


def _part_of(observation: Any, path: str, keys: Sequence[Any]) -> Any:
    try:
        for key in keys:
            observation = observation[key]
    except (KeyError, IndexError, TypeError):
        raise ValueError(f"an observation has no {path}, which its space has") from None
    return observation


def _as_its_space(given: np.ndarray, kind: Any, path: str) -> np.ndarray:
    """Numbers in the type of their space: fractions are rounded to its own, nothing is cut or wrapped."""
    if given.dtype.kind not in "biuf":
        raise ValueError(f"observation {path} is {given.dtype}, and its space says {kind}")
    with np.errstate(all="ignore"):
        held = given.astype(kind)
    if kind.kind == "f":
        lost = np.isinf(held) & np.isfinite(given)
    else:
        lost = (held.astype(given.dtype) != given) | ((held < 0) != (given < 0))
    if lost.any():
        number = given[lost].reshape(-1)[0]
        raise ValueError(f"observation {path} has {number}, and its space's {kind} has no such number")
    return held


def _whole_bounds(space: Any) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest numbers of a MultiDiscrete or MultiBinary, float64, flat."""
    if type(space).__name__ == "MultiBinary":
        size = int(np.prod(space.shape))
        return np.zeros(size), np.ones(size)
    # Only gymnasium's lets them begin elsewhere than at 0.
    low = np.asarray(getattr(space, "start", np.zeros_like(space.nvec)), dtype=np.float64).reshape(-1)
    return low, low + np.asarray(space.nvec, dtype=np.float64).reshape(-1) - 1


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
            "whole": np.dtype(space.dtype).kind in "iu",
        }
    if kind == "Discrete":
        start = float(getattr(space, "start", 0))
        return {"names": ["action"], "low": [start], "high": [start + float(space.n) - 1], "whole": True}
    if kind in ("MultiDiscrete", "MultiBinary"):
        low, high = _whole_bounds(space)
        names = [f"action.{k}" for k in range(len(low))]
        return {"names": names, "low": low.tolist(), "high": high.tolist(), "whole": True}
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


def fitter(space: Any) -> Callable[[np.ndarray], Any]:
    """See :func:`fitting`, of a space that is asked again and again."""
    if type(space).__name__ == "Box" and space.dtype.kind == "f" and len(space.shape) == 1:
        kind = space.dtype
        return lambda action: action.astype(kind)
    return lambda action: fitting(space, action)


def fitting(space: Any, action: np.ndarray) -> Any:
    """An action, float64 of shape (A,), as the environment takes it.

    Raises:
        ValueError: A part that must be whole is not.
    """
    kind = type(space).__name__
    if kind == "Box" and space.dtype.kind == "f":
        # A copy: some environments write into what they are told.
        return action.astype(space.dtype).reshape(space.shape)
    if kind == "Discrete" and float(action[0]).is_integer():
        return int(action[0])
    whole = np.rint(action)
    if (whole != action).any():
        raise ValueError(f"the action is {action.tolist()}, and this environment takes whole numbers")
    return whole.astype(space.dtype if kind == "Box" else np.int64).reshape(space.shape)
