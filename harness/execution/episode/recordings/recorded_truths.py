"""What is true of each picture, as arrays and words of a recording, and back, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from simgate.harness.trace import CameraTruth
from simgate.sim_adapters.observation import CameraView, WatchedBody

_VERTICES = "vertices."


def truth_arrays(truths: Sequence[CameraTruth]) -> dict[str, NDArray[Any]]:
    """All numbers, by a name that holds place and field; the vertices of a body once."""
    arrays: dict[str, NDArray[Any]] = {}
    for k, truth in enumerate(truths):
        for name, array in truth.arrays().items():
            arrays.setdefault(f"truth.{name}" if name.startswith(_VERTICES) else f"truth.{k}.{name}", array)
    return arrays


def truth_words(truths: Sequence[CameraTruth]) -> list[dict[str, Any]]:
    """What is no array."""
    return [
        {
            "channels": truth.channels,
            "step": truth.step,
            "classes": truth.classes,
            "camera": truth.view.camera if truth.view is not None else None,
            "bodies": truth.words(),
        }
        for truth in truths
    ]


def read_truths(
    words: Sequence[Mapping[str, Any]], arrays: Mapping[str, NDArray[Any]]
) -> tuple[CameraTruth, ...]:
    """The truths of a recording.

    Raises:
        KeyError: It lacks a part of them.
    """
    return tuple(_read(k, one, arrays) for k, one in enumerate(words))


def _read(k: int, words: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> CameraTruth:
    view = None
    if words["camera"] is not None:
        bodies = tuple(
            WatchedBody(
                said["name"],
                arrays[f"truth.{k}.pose.{said['name']}"],
                arrays[f"truth.{_VERTICES}{said['name']}"],
                said["pixels"],
                said["occlusion"],
                said["size_px"],
                {name: (at[0], at[1]) for name, at in said["points"].items()},
            )
            for said in words["bodies"]
        )
        view = CameraView(words["camera"], words["step"], arrays[f"truth.{k}.camera"], bodies)
    labels = arrays.get(f"truth.{k}.labels")
    return CameraTruth(tuple(words["channels"]), words["step"], labels, tuple(words["classes"]), view)
