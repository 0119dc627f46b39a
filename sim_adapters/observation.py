"""What a robot can sense, and, as a separate type, what is true.

A policy is given an :class:`Observation` and nothing else. :class:`GroundTruth` never enters
``policies``: only the harness reads it, to score. Two types, so that a policy that peeks does
not type-check.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Observation:
    """Sensor readings of N worlds after the same number of physics steps.

    Attributes:
        step: Physics steps since ``reset``.
        channels: By the names of the embodiment's channels, shape (N, ...). Owned by the adapter until the
            next ``step``; copy to keep. A policy is given copies, and may work in them; a
            task has them read-only.
        stamps: For every channel the physics step at which its reading was taken (``<= step``).
        lost: Channel -> worlds that never got its newest reading, and see the one before, or zeros without
            one.
    """

    step: int
    channels: Mapping[str, NDArray[Any]]
    stamps: Mapping[str, int]
    lost: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def is_new(self, channel: str) -> bool:
        """Whether a channel was read at this very step."""
        return self.stamps[channel] == self.step


@dataclass(frozen=True, slots=True)
class VisibleEntity:
    """A labelled body of which at least one pixel is seen in the camera frame, through glass too.

    Attributes:
        name: Name of the body in the scene.
        label: Semantic class, for example ``glass_door``.
        box: Tight box of the visible pixels (x0, y0, x1, y1), pixels, right and bottom
            exclusive.
        pixels: Number of visible pixels: nothing stands before the body there, or panes that together let at
            least a tenth of the light through.
        occlusion: Share of the body's pixels, when it is drawn alone, that something hides, 0 to 1.
        distance_m: Distance in the floor plane from the robot's centre to the body, metres.
        truncated: Whether the body drawn alone reaches the image border.
        transmittance: Share of the light that reaches the camera through the panes before the body, mean over
            the visible pixels, 0 to 1; each pane passes 1 less its opacity.
    """

    name: str
    label: str
    box: tuple[int, int, int, int]
    pixels: int
    occlusion: float
    distance_m: float
    truncated: bool
    transmittance: float = 1.0


@dataclass(frozen=True, slots=True)
class Contact:
    """Touching between the robot and one body since the previous observation.

    Attributes:
        body: Name of the body that was touched.
        impulse_ns: Sum of normal impulses, newton seconds.
        depth_m: Largest penetration, metres.
        step: Physics step of the first touch.
        touched: Physics steps in which they touched; empty where the simulator does not tell (also in
            recordings of older versions).
    """

    body: str
    impulse_ns: float
    depth_m: float
    step: int
    touched: tuple[int, ...] = ()


class _ByValue:
    """Equal where every field is, arrays and nan by their values."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        pairs = ((getattr(self, one.name), getattr(other, one.name)) for one in fields(self))  # type: ignore[arg-type]
        return all(
            np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray | float) else a == b
            for a, b in pairs
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True, eq=False)
class WatchedBody(_ByValue):
    """A body that a metric speaks of, at the moment of a picture.

    Attributes:
        name: ``body/NAME``.
        pose: float64, shape (4, 4): from its frame to the world's, metres.
        vertices: float64, shape (P, 3): points of its surface in its frame, metres; the same all the time.
        pixels: At so many it is seen, with what hangs on it; what stands behind glass is not.
        occlusion: Share of its pixels, when it is drawn alone, at which it is not seen, 0 to 1; 1 where it is
            not in the picture.
        size_px: Longer side of the box around its vertices in the picture, also beyond the border and behind
            other things, pixels; nan where part of it is behind the camera.
        points: Sites on it and on what hangs on it that are in the picture and that no other solid thing
            hides, by name: (x, y) in pixels from the top left corner.
    """

    name: str
    pose: NDArray[Any]
    vertices: NDArray[Any]
    pixels: int
    occlusion: float
    size_px: float
    points: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class CameraView(_ByValue):
    """What truly stood before a camera when it took a picture.

    Attributes:
        camera: Name of the sensor: its channels are called ``<camera>.rgb`` and the like.
        step: Physics step of the picture.
        pose: float64, shape (4, 4): from the camera's frame (X right, Y down, Z ahead) to the world's.
        bodies: Those that metrics speak of, in view or not.
    """

    camera: str
    step: int
    pose: NDArray[Any]
    bodies: tuple[WatchedBody, ...]


@dataclass(slots=True)
class GroundTruth:
    """The true state of one world, for scoring only.

    Nobody changes one. It is not frozen: one is made at each step, and freezing doubles what that takes.

    Attributes:
        step: Physics steps since ``reset``.
        frame_step: Physics step of the frame that ``entities`` describes.
        pose: (x m, y m, yaw rad) of the robot.
        twist: (forward m/s, yaw rate rad/s).
        entities: Labelled bodies seen in the frame.
        contacts: Touching since the previous observation.
        clearance_m: For every body that can collide, the gap between the robot's hull and the
            body in the floor plane, metres, negative when they overlap.
        values: Quantities that the task has asked for (:mod:`simgate.sim_adapters.quantities`), by the task's
            names.
        far_m: Channels of depth read this, the far plane, where nothing is; ``inf`` for a simulator whose
            channels do.
        tells_entities: Whether ``entities`` are all that is seen; False where the simulator does not tell.
        tells_contacts: Whether ``contacts`` are all that there was; False where the simulator does not tell.
        views: What stood before each camera at its newest picture; only where metrics speak of bodies.
        over: How the world has ended by itself, one word; empty while it goes on.
        course: Digest over all that the world has shown and was told so far, hex; empty where the rest of the
            trace tells one episode from another.
    """

    step: int
    frame_step: int
    pose: tuple[float, float, float]
    twist: tuple[float, float]
    entities: tuple[VisibleEntity, ...]
    contacts: tuple[Contact, ...]
    clearance_m: Mapping[str, float]
    values: Mapping[str, float] = field(default_factory=dict)
    far_m: float = math.inf
    tells_entities: bool = True
    tells_contacts: bool = True
    views: tuple[CameraView, ...] = ()
    over: str = ""
    course: str = ""
