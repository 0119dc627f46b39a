"""What a perception model says about one frame: boxes, masks, depth, poses, keypoints, or plain tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

_ORTHONORMAL = 1e-3
"""By so much a rotation may miss being one, as rounding leaves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who says it; the loop fills it in.

    Attributes:
        model: Name of the model in the pack; empty for the only one of a pack that gives it none.
        channel: Of which it was computed; empty for the robot's first colour camera.
    """

    model: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Boxes(Said):
    """K boxes of one frame, best first.

    Attributes:
        boxes: float32, shape (K, 4): x0, y0, x1, y1 in pixels of the camera frame.
        scores: float32, shape (K,), 0 to 1.
        class_ids: int64, shape (K,), index into ``classes``.
        classes: Names of the model's classes.
        frame_step: Physics step at which the frame was taken.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    classes: tuple[str, ...]
    frame_step: int = 0

    def __len__(self) -> int:
        return len(self.scores)

    def label(self, index: int) -> str:
        """Class name of a detection."""
        return self.classes[int(self.class_ids[index])]

    def problem(self) -> str:
        """What no model may say; empty when nothing. Boxes may be inverted, empty or outside."""
        count = len(self)
        if self.boxes.shape != (count, 4) or self.class_ids.shape != (count,):
            shapes = f"boxes {self.boxes.shape}, scores {self.scores.shape}, classes {self.class_ids.shape}"
            return f"detections of one frame must be (K, 4), (K,) and (K,), they are {shapes}"
        if not (np.isfinite(self.boxes).all() and np.isfinite(self.scores).all()):
            return "a box or a score is not finite"
        return _nameless(self.class_ids, self.classes)


@dataclass(frozen=True, slots=True)
class Masks(Said):
    """The class of every pixel of one frame.

    Attributes:
        labels: int64, shape (H, W) of the camera frame, index into ``classes``; -1 for none of them.
        classes: Names of the model's classes.
        frame_step: Physics step at which the frame was taken.
    """

    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    frame_step: int = 0

    def problem(self) -> str:
        """What no model may say; empty when nothing."""
        if self.labels.ndim != 2:
            return f"the mask of one frame must be (H, W), it is {self.labels.shape}"
        return _nameless(self.labels[self.labels != -1], self.classes)


@dataclass(frozen=True, slots=True)
class Depth(Said):
    """The distance of every pixel of one frame.

    Attributes:
        depth_m: float32, shape (H, W) of the camera frame: metres along the optical axis; nan where the model
            says nothing, never inf.
        frame_step: Physics step at which the frame was taken.
    """

    depth_m: NDArray[np.float32]
    frame_step: int = 0

    def problem(self) -> str:
        """What no model may say; empty when nothing."""
        if self.depth_m.ndim != 2:
            return f"the depth of one frame must be (H, W), it is {self.depth_m.shape}"
        if np.isinf(self.depth_m).any():
            return "a depth is infinite; where the model says nothing it is nan (check unit_m of the decoder)"
        return "a depth is negative" if (self.depth_m < 0.0).any() else ""


@dataclass(frozen=True, slots=True)
class Poses(Said):
    """Where K objects are and how they are turned, best first; in the camera, X is right, Y down, Z ahead.

    Attributes:
        translations_m: float64, shape (K, 3), metres.
        rotations: float64, shape (K, 3, 3): from the object's frame to the camera's.
        scores: float32, shape (K,), 0 to 1.
        class_ids: int64, shape (K,), index into ``classes``.
        classes: Names of the model's classes.
        frame_step: Physics step at which the frame was taken.
    """

    translations_m: NDArray[np.float64]
    rotations: NDArray[np.float64]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    classes: tuple[str, ...]
    frame_step: int = 0

    def __len__(self) -> int:
        return len(self.scores)

    def problem(self) -> str:
        """What no model may say; empty when nothing."""
        count = len(self)
        shapes = (self.translations_m.shape, self.rotations.shape, self.class_ids.shape)
        if shapes != ((count, 3), (count, 3, 3), (count,)):
            return f"{count} poses must be (K, 3), (K, 3, 3) and (K,), they are {shapes}"
        if not all(np.isfinite(part).all() for part in (self.translations_m, self.rotations, self.scores)):
            return "a pose or a score is not finite"
        turned = self.rotations @ self.rotations.transpose(0, 2, 1) - np.eye(3)
        if (np.abs(turned) > _ORTHONORMAL).any() or (np.linalg.det(self.rotations) < 0.0).any():
            return "a rotation of a pose is none (not orthonormal, or a mirror image)"
        return _nameless(self.class_ids, self.classes)


@dataclass(frozen=True, slots=True)
class Keypoints(Said):
    """J points on each of K objects, best object first.

    Attributes:
        points: float32, shape (K, J, 2): x, y in pixels of the camera frame.
        point_scores: float32, shape (K, J), 0 to 1.
        scores: float32, shape (K,), 0 to 1.
        class_ids: int64, shape (K,), index into ``classes``.
        classes: Names of the model's classes.
        names: Of the J points.
        frame_step: Physics step at which the frame was taken.
    """

    points: NDArray[np.float32]
    point_scores: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    classes: tuple[str, ...]
    names: tuple[str, ...]
    frame_step: int = 0

    def __len__(self) -> int:
        return len(self.scores)

    def problem(self) -> str:
        """What no model may say; empty when nothing. Points may lie outside of the frame."""
        count, points = len(self), len(self.names)
        shapes = (self.points.shape, self.point_scores.shape, self.class_ids.shape)
        if shapes != ((count, points, 2), (count, points), (count,)):
            return f"{points} points of {count} objects must be (K, J, 2), (K, J) and (K,), they are {shapes}"
        if not all(np.isfinite(part).all() for part in (self.points, self.point_scores, self.scores)):
            return "a point or a score is not finite"
        return _nameless(self.class_ids, self.classes)


@dataclass(frozen=True, slots=True)
class Tensors(Said):
    """What a model gave, as it gave it.

    Attributes:
        values: Name -> array of one frame, any shape and type of number.
        frame_step: Physics step at which the frame was taken.
    """

    values: Mapping[str, NDArray[np.generic]]
    frame_step: int = 0

    def problem(self) -> str:
        """What no model may say; empty when nothing."""
        bad = [name for name, value in self.values.items() if not np.isfinite(value.astype(np.float64)).all()]
        return f"tensor '{bad[0]}' holds values that are not finite" if bad else ""


ModelOutput = Boxes | Masks | Depth | Poses | Keypoints | Tensors
"""What a model may say about one frame."""


def _nameless(class_ids: NDArray[np.int64], classes: tuple[str, ...]) -> str:
    strange = class_ids[(class_ids < 0) | (class_ids >= len(classes))]
    if not strange.size:
        return ""
    return (
        f"class {int(strange[0])} was found, but the package names {len(classes)} classes "
        f"(0 to {len(classes) - 1}: {', '.join(classes)})"
    )


def only_boxes(found: Sequence[ModelOutput]) -> list[Boxes]:
    """The outputs, all of which are boxes.

    Raises:
        TypeError: One is something else.
    """
    boxes = [one for one in found if isinstance(one, Boxes)]
    if len(boxes) < len(found):
        others = sorted({type(one).__name__.lower() for one in found if not isinstance(one, Boxes)})
        raise TypeError(f"the model gives {', '.join(others)}, and only boxes can be used here")
    return boxes


def arrays_of(output: ModelOutput) -> dict[str, NDArray[np.generic]]:
    """All numbers of an output but its step, by name."""
    if isinstance(output, Tensors):
        return {f"values.{name}": value for name, value in sorted(output.values.items())}
    values = {one.name: getattr(output, one.name) for one in fields(output)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def require_sound(found: Sequence[ModelOutput], frames: int, size: tuple[int, int] | None = None) -> None:
    """Refuses what no model may say, whichever runtime it came from.

    Args:
        found: What a runtime gave.
        frames: How many it was given.
        size: (height, width) of each, which a map of its pixels must have too; None where nobody knows.

    Raises:
        ValueError: A frame has no entry, a map is not of its size, arrays have other shapes, a number is not
            finite, or a class is none of the model's; the message names the value.
    """
    if len(found) != frames:
        raise ValueError(f"{frames} frames went in, detections of {len(found)} came out")
    for one in found:
        if problem := one.problem():
            raise ValueError(problem)
        shape = _map_shape(one)
        if size is not None and shape not in (None, size):
            raise ValueError(
                f"the model's {type(one).__name__.lower()} of a frame has (height, width) {shape}, the "
                f"frame has {size}; its decoder must give maps over the camera frame (Context.on_frame)"
            )


def _map_shape(output: ModelOutput) -> tuple[int, ...] | None:
    """Shape of what has a value for each pixel; None for all else."""
    if isinstance(output, Masks):
        return output.labels.shape
    return output.depth_m.shape if isinstance(output, Depth) else None
