"""What a decoder is, ours or a plugin's, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.decoder_spec import DecoderSpec
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.outputs import Boxes, ModelOutput
from simgate.policies.perception.preprocessing.resize import ResizePlan

GROUP = "simgate.decoders"
"""Entry-point group in which third parties register a :class:`Decoder` under the name of its kind."""
FLOATS = ("float32", "float16", "float64")
NUMBERS = (*FLOATS, "int32", "int64", "uint8")
Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An output tensor that a decoder reads.

    Attributes:
        shapes: Those that it may have, without the batch; None where any size will do. Empty for any shape.
        dtypes: Types that it may have.
    """

    shapes: tuple[Shape, ...]
    dtypes: tuple[str, ...] = FLOATS


@dataclass(frozen=True, slots=True)
class Context:
    """What a decoder knows besides the tensors.

    Attributes:
        classes: Names of the package's classes.
        thresholds: Smallest score of what is kept, for each class.
        input: Preprocessing of the package.
        frame: (width, height) of the camera frames.
        plan: How frames became the model's input; None where they are its size.
    """

    classes: tuple[str, ...]
    thresholds: Sequence[float]
    input: InputSpec
    frame: tuple[int, int]
    plan: ResizePlan | None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the model's input."""
        return self.input.width, self.input.height

    def to_frame(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Points in pixels of the model's input, shape (..., 2), in those of the frame, not clipped."""
        if self.plan is None:
            return points
        offset = np.array([self.plan.left, self.plan.top], np.float32)
        scale = np.array(self.plan.scale, np.float32)
        return np.asarray((points - offset) / scale, np.float32)

    def boxes_on_frame(self, found: list[Boxes]) -> list[Boxes]:
        """Boxes in pixels of the model's input, in the camera frame and clipped to it."""
        if self.plan is None:
            return found
        return [replace(one, boxes=self.plan.to_frame(one.boxes)) for one in found]

    def on_frame(self, grid: NDArray[Any]) -> NDArray[Any]:
        """Maps over the model's input, shape (N, h, w), as maps over the camera frame, (N, H, W).

        Each pixel of the frame takes the cell in which its centre lies: values of two sides of an edge are
        never mixed.
        """
        width, height = self.frame
        if self.plan is None and grid.shape[1:] == (height, width):
            return grid
        left, top = (0, 0) if self.plan is None else (self.plan.left, self.plan.top)
        scale = (1.0, 1.0) if self.plan is None else self.plan.scale
        columns = _cells(width, scale[0], left, self.input.width, grid.shape[2])
        rows = _cells(height, scale[1], top, self.input.height, grid.shape[1])
        return grid[:, rows[:, None], columns[None, :]]


def _cells(pixels: int, scale: float, offset: int, size: int, cells: int) -> NDArray[np.int64]:
    centres = (np.arange(pixels) + 0.5) * scale + offset
    found: NDArray[np.int64] = np.clip(np.floor(centres * (cells / size)), 0, cells - 1).astype(np.int64)
    return found


@dataclass(frozen=True, slots=True)
class Decoder:
    """A kind of decoder. ``model.yaml`` names it by ``file.py:NAME``, or a plugin registers it in the
    entry-point group ``simgate.decoders``.

    Attributes:
        spec: What ``model.yaml`` says of it; with ``outputs``, names of tensors by key.
        tensors: (spec, number of classes, input) -> the tensors that it reads, by key of ``spec.outputs``.
        decode: (spec, float32 arrays by key, context) -> one output for each frame. Raises ValueError for
            arrays that do not fit the declaration.
        files: Asked with an empty mapping: what the code reads besides itself, such as a table of anchors.
    """

    spec: type[DecoderSpec]
    tensors: Callable[[Any, int, InputSpec], Mapping[str, Wanted]]
    decode: Callable[[Any, Mapping[str, NDArray[np.float32]], Context], Sequence[ModelOutput]]
    files: Callable[[Mapping[str, object]], Iterable[Path]] = lambda options: ()
