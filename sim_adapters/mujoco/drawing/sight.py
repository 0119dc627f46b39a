"""What a camera frame shows of the labelled bodies: what is in front, and what is seen through glass."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.observation import VisibleEntity
from simgate.sim_adapters.scene.scene import Scene

FAINTEST = 0.1
"""What is behind panes that let less light through counts as hidden."""


class Sight(Protocol):
    """A camera frame. Depths are of one kind (along the axis, or along the ray), ``inf`` where nothing is."""

    @property
    def bodies(self) -> NDArray[np.int64]:
        """Index of the body that is in front at each pixel, glass too, negative for none; shape (H, W)."""
        ...

    @property
    def clear(self) -> NDArray[np.bool_]:
        """Whether what is in front at each pixel lets light through, shape (H, W)."""
        ...

    @property
    def owners(self) -> NDArray[np.int64]:
        """Index of the body that each drawn thing belongs to, negative for none; shape (N,)."""
        ...

    @property
    def opacity(self) -> NDArray[np.float64]:
        """Opacity of each drawn thing, 0 to 1, shape (N,)."""
        ...

    def depth_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Depth of some of the things, (N,), as if the others were not there, metres, shape (H, W)."""
        ...


class Clearance(Protocol):
    """Says how near the robot is to everything that it could hit."""

    def gaps(self, x: float, y: float, time_s: float) -> dict[str, float]:
        """See :meth:`simgate.sim_adapters.scene.sensing.clearance.ClearanceField.gaps`."""
        ...

    def from_centre(self, name: str, gap_m: float, x: float, y: float, time_s: float) -> float:
        """See :meth:`simgate.sim_adapters.scene.sensing.clearance.ClearanceField.from_centre`."""
        ...


class LabelledBodies:
    """Turns camera frames into visible entities.

    Args:
        scene: The scene; its bodies carry labels, or its file's names do.
        built: Its model; bodies are numbered as its names are.
        clearance: Says how far bodies are from the robot.
    """

    def __init__(self, scene: Scene, built: BuiltScene, clearance: Clearance) -> None:
        self._clearance = clearance
        if scene.native is not None:
            labels = dict(scene.native.labels)
        else:
            bodies = [*scene.bodies, *(actor.body for actor in scene.actors)]
            labels = {body.name: body.label for body in bodies if body.label is not None}
        numbers = {name: number for number, name in enumerate(built.names)}
        # A file's body may not be there in this variant.
        self._items = [(numbers[name], name, label) for name, label in labels.items() if name in numbers]

    def seen(
        self, sight: Sight, gaps: Mapping[str, float], at: tuple[float, float], time_s: float
    ) -> tuple[VisibleEntity, ...]:
        """The labelled bodies of which at least one pixel is seen.

        Args:
            sight: The frame.
            gaps: Clearance of each body, metres, when the frame was taken.
            at: Where the robot's centre was then, x and y, metres.
            time_s: Simulated time of the frame.
        """
        found = []
        glass = bool(sight.clear.any())
        for index, name, label in self._items:
            front = sight.bodies == index
            if not (glass or front.any()):
                continue
            depth = sight.depth_of(sight.owners == index)
            outline = np.isfinite(depth) | front
            behind = outline & ~front & sight.clear if glass else outline[:0]
            mask, reaches = front, 1.0
            if behind.any():
                light = front.astype(np.float64)
                light[behind] = _light_from(sight, index, depth)[behind]
                mask = light >= FAINTEST
                reaches = float(light[mask].mean()) if mask.any() else 0.0
            if not mask.any():
                continue
            box = _box(mask)
            x0, y0, x1, y1 = _box(outline)
            height, width = outline.shape
            pixels = int(np.count_nonzero(mask))
            found.append(
                VisibleEntity(
                    name=name,
                    label=label,
                    box=box,
                    pixels=pixels,
                    occlusion=1.0 - pixels / int(np.count_nonzero(outline)),
                    distance_m=self._clearance.from_centre(name, gaps.get(name, math.inf), *at, time_s),
                    truncated=x0 == 0 or y0 == 0 or x1 == width or y1 == height,
                    transmittance=reaches,
                )
            )
        return tuple(found)


def _light_from(sight: Sight, body: int, depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the light from a body that reaches the camera through what is before it, shape (H, W)."""
    light = (depth <= sight.depth_of(sight.opacity >= 1.0)).astype(np.float64)
    everything = np.arange(len(sight.owners))
    for pane in np.flatnonzero((sight.opacity < 1.0) & (sight.owners != body)):
        light[sight.depth_of(everything == pane) < depth] *= 1.0 - float(sight.opacity[pane])
    return light


def _box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
