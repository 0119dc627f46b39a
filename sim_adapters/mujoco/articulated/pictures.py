"""The cameras of an articulated robot: colour, depth, and who is where, all drawn by one OpenGL context."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.embodiment import Channel, Intrinsics
from simgate.sim_adapters.mujoco.articulated.names import geoms_of, need
from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.mujoco.native.lens import require_pinhole
from simgate.sim_adapters.mujoco.renderer import FrameRenderer, SceneView
from simgate.sim_adapters.scene.articulated import CameraSensor

NOTHING = ""
"""Entry 0 of a segmentation: what no body is at."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What the pixels of a segmentation mean.

    Attributes:
        owners: For each shape the number of its group, int64, shape (G,).
        instance: Body number + 1 of each group, int32.
        semantic: Place of each group's class in ``classes``, int32.
        bodies: Entries of the instance channel.
        classes: Entries of the semantic channel.
    """

    owners: NDArray[np.int64]
    instance: NDArray[np.int32]
    semantic: NDArray[np.int32]
    bodies: tuple[str, ...]
    classes: tuple[str, ...]


def drawn_of(model: mujoco.MjModel, labels: Mapping[str, str]) -> Drawn:
    """Groups of shapes of one body and class.

    Args:
        model: The model.
        labels: Body or shape -> class; of two that hold, the later one counts.

    Raises:
        NativeError: A label names what the file does not have.
    """
    classes = (NOTHING, *dict.fromkeys(labels.values()))
    of_class = np.zeros(model.ngeom, dtype=np.int64)
    for name, label in labels.items():
        of_class[geoms_of(model, name)] = classes.index(label)
    pairs = np.stack((model.geom_bodyid + 1, of_class), axis=1)
    unique, owners = np.unique(pairs, axis=0, return_inverse=True)
    # Number -1 is where nothing is: the last place of a table.
    table = np.concatenate((unique, [(0, 0)])).astype(np.int32)
    bodies = (NOTHING, *(str(model.body(k).name) or f"body {k}" for k in range(model.nbody)))
    return Drawn(owners.reshape(-1).astype(np.int64), table[:, 0], table[:, 1], bodies, classes)


class Pictures:
    """Takes the pictures of one camera.

    Args:
        name: Of the sensor.
        sensor: Camera, size and kinds.
        rate_hz: Pictures a second.
        built: The scene, with :attr:`Drawn.owners` as the owners of its shapes.
        data: Its state; every picture is of the poses that it holds.
        drawn: What the pixels of a segmentation mean.

    Raises:
        NativeError: There is no such camera, or it is no pinhole.
    """

    def __init__(
        self,
        name: str,
        sensor: CameraSensor,
        rate_hz: float,
        built: BuiltScene,
        data: mujoco.MjData,
        drawn: Drawn,
    ) -> None:
        camera = need(built.model, "camera", sensor.camera)
        require_pinhole(built.model, camera, sensor.width, sensor.height, moves=True)
        self._built, self._data, self._drawn = replace(built, camera=camera), data, drawn
        self._sensor = sensor
        self._view: SceneView | None = None
        frame = f"camera/{sensor.camera}"
        lens = Intrinsics(sensor.width, sensor.height, float(built.model.cam_fovy[camera]))
        size = (sensor.height, sensor.width)
        kinds = {
            "rgb": ((*size, 3), "uint8", "", 255.0),
            "depth": (size, "float32", "m", math.inf),
            "semantic": (size, "int32", "", len(drawn.classes) - 1.0),
            "instance": (size, "int32", "", len(drawn.bodies) - 1.0),
        }
        self.channels = tuple(
            Channel(f"{name}.{kind}", kind, *kinds[kind][:3], rate_hz, 0.0, kinds[kind][3], frame, lens)
            for kind in sensor.kinds
        )

    def show_by(self, renderer: FrameRenderer) -> None:
        """Takes the context that draws; before the first :meth:`sample`."""
        self._view = SceneView(renderer, self._built, (self._sensor.width, self._sensor.height))

    def sample(self, out: tuple[NDArray[np.generic], ...]) -> None:
        """Draws each kind once."""
        view = self._view
        assert view is not None
        view.update(self._data)
        for kind, array in zip(self._sensor.kinds, out, strict=True):
            if kind == "rgb":
                view.color(array)  # type: ignore[arg-type]
            elif kind == "depth":
                view.depth(array)  # type: ignore[arg-type]
            else:
                table = self._drawn.instance if kind == "instance" else self._drawn.semantic
                array[:] = table[np.maximum(view.bodies, -1)]
