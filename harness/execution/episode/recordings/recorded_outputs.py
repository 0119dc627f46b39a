"""What perception said that is no boxes, as arrays and words of a recording, and back, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.outputs import (
    Depth,
    Keypoints,
    Masks,
    ModelOutput,
    Poses,
    Tensors,
    arrays_of,
)

_KINDS: dict[str, type[Any]] = {
    "masks": Masks, "depth": Depth, "poses": Poses, "keypoints": Keypoints, "tensors": Tensors
}  # fmt: skip


def output_arrays(outputs: Sequence[ModelOutput]) -> dict[str, NDArray[Any]]:
    """All numbers of the outputs, by a name that holds place and field."""
    return {
        f"output.{k}.{name}": array
        for k, output in enumerate(outputs)
        for name, array in arrays_of(output).items()
    }


def output_words(outputs: Sequence[ModelOutput]) -> list[dict[str, Any]]:
    """What is no number: kind, step, and names."""
    words = []
    for output in outputs:
        named = {one.name: getattr(output, one.name) for one in fields(output)}
        kind = next(name for name, made in _KINDS.items() if isinstance(output, made))
        names = {key: value for key, value in named.items() if isinstance(value, tuple)}
        who = {key: named[key] for key in ("model", "channel") if named[key]}
        words.append({"kind": kind, "frame_step": int(output.frame_step)} | names | who)
    return words


def read_outputs(
    words: Sequence[Mapping[str, Any]], arrays: Mapping[str, NDArray[Any]]
) -> tuple[ModelOutput, ...]:
    """The outputs of a recording.

    Raises:
        KeyError: It lacks a part of them.
    """
    found: list[ModelOutput] = []
    for k, said in enumerate(words):
        start = f"output.{k}."
        own: dict[str, Any] = {n[len(start) :]: array for n, array in arrays.items() if n.startswith(start)}
        named = {key: tuple(v) if isinstance(v, list) else v for key, v in said.items() if key != "kind"}
        if said["kind"] == "tensors":
            own = {"values": {name.removeprefix("values."): np.asarray(array) for name, array in own.items()}}
        found.append(_KINDS[said["kind"]](**own, **named))
    return tuple(found)
