"""One model of MuJoCo Warp for many worlds: a row for each in every array that can have one."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
from collections.abc import Callable, Sequence
from typing import Any

import mujoco
import numpy as np

from simgate.sim_adapters.mujoco_warp.library import library

_BY_WORLD = "*"
"""First word of the shape of an array with a row for each world, in MuJoCo Warp's declarations."""


def put_model(model: mujoco.MjModel) -> Any:
    """A model on the current device.

    Raises:
        ValueError: It has what MuJoCo Warp has not.
    """
    try:
        made = library().put_model(model)
    except (NotImplementedError, ValueError) as error:
        raise ValueError(
            f"MuJoCo Warp cannot move this file: {error}; leave it out, or use --adapter mujoco"
        ) from None
    made.opt.deterministic = True
    made.opt.warn_overflow = 0  # Its kernels would print; who reads the flags says it by world.
    return made


def shared_by_all(model: Any, pictures: bytes) -> bytes:
    """A digest of all that worlds of one simulation must have in common: sizes, tree, meshes, solver.

    Args:
        model: As :func:`put_model` makes it.
        pictures: Digest of what is drawn by but is no part of it.
    """
    h = hashlib.blake2b(pictures, digest_size=16)
    _each(model, "", lambda name, value, rows: None if rows else h.update(f"{name} {_told(value)}".encode()))
    return h.digest()


def merged(models: Sequence[Any]) -> Any:
    """The first of some models of one :func:`shared_by_all`, with the rows of all where they differ."""
    rows: dict[str, list[Any]] = {}
    for model in models:
        _each(
            model,
            "",
            lambda name, value, by_world: rows.setdefault(name, []).append(value) if by_world else None,
        )
    for name, arrays in rows.items():
        numbers = [array.numpy() for array in arrays]
        if any(not np.array_equal(one, numbers[0], equal_nan=True) for one in numbers[1:]):
            _put(models[0], name, np.concatenate(numbers), arrays[0])
    return models[0]


def _put(model: Any, name: str, numbers: np.ndarray[Any, Any], like: Any) -> None:
    warp: Any = importlib.import_module("warp")
    *path, last = name.split(".")
    owner = model
    for part in path:
        owner = getattr(owner, part)
    array = warp.array(numbers, dtype=like.dtype, device=like.device)
    # Read back: a value that did not take would be a run of other worlds than the pack says.
    if not np.array_equal(array.numpy(), numbers, equal_nan=True):
        raise ValueError(f"MuJoCo Warp did not take {name} for each world: report this as a bug")
    setattr(owner, last, array)


def _each(owner: Any, path: str, take: Callable[[str, Any, bool], object]) -> None:
    """Every field of a dataclass and of those in it: name, value, whether it has a row for each world."""
    for field in dataclasses.fields(owner):
        value, name = getattr(owner, field.name), f"{path}{field.name}"
        if dataclasses.is_dataclass(value):
            _each(value, f"{name}.", take)
        else:
            take(name, value, value is not None and _is_by_world(field.type))


def _is_by_world(declared: Any) -> bool:
    """Whether a field's type is that of an array with a row for each world."""
    try:
        return bool(declared.shape[0] == _BY_WORLD)
    except (AttributeError, IndexError):
        return False


def _told(value: Any) -> str:
    """What a value is, by content."""
    warp: Any = importlib.import_module("warp")
    if isinstance(value, warp.array):
        value = value.numpy()
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}{value.tobytes().hex()}"
    if dataclasses.is_dataclass(value):
        parts: list[str] = []
        _each(value, "", lambda name, one, _: parts.append(f"{name}={_told(one)}"))
        return f"({' '.join(parts)})"
    if isinstance(value, (tuple, list)):
        return f"[{' '.join(map(_told, value))}]"
    return repr(value)
