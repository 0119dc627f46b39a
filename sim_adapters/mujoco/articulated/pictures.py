"""The cameras of an articulated robot: colour, depth, and who is where, all drawn by one OpenGL context."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.embodiment import Channel, Intrinsics
from simgate.sim_adapters.mujoco.articulated.names import geoms_of, need
from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.mujoco.drawing.renderer import Size
from simgate.sim_adapters.mujoco.native.lens import require_pinhole
from simgate.sim_adapters.scene.articulated import CameraSensor

_DOWN_AHEAD = np.diag([1.0, -1.0, -1.0])
"""MuJoCo's cameras look along their -Z with Y up."""
NOTHING = ""
"""Entry 0 of a segmentation: what no body is at."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What the pixels of a segmentation mean.

    Attributes:
        owners: For each shape the number of its group, int64, shape (G,).
        instance: Body number + 1 of each group, int32.
        semantic: Place of each group's class in ``classes``, int32.
        numbers: Number in the instance channel of each body of the world, by its own + 1, int32; 0 for none.
        bodies: Entries of the instance channel: the file's bodies, then copies that were put down.
        classes: Entries of the semantic channel.
    """

    owners: NDArray[np.int64]
    instance: NDArray[np.int32]
    semantic: NDArray[np.int32]
    numbers: NDArray[np.int32]
    bodies: tuple[str, ...]
    classes: tuple[str, ...]


def drawn_of(
    model: mujoco.MjModel,
    whole: mujoco.MjModel,
    labels: Iterable[tuple[str, str]],
    named: tuple[str, ...],
    copies: int,
) -> Drawn:
    """Groups of shapes of one body and class.

    Args:
        model: The world of a variant.
        whole: The file, by whose bodies those of all variants are numbered.
        labels: Body or shape, and its class; of two that hold, the later one counts.
        named: All classes, also those of which nothing is there.
        copies: How many copies of bodies a variant may have.

    Raises:
        NativeError: A label names what the file does not have.
    """
    classes = (NOTHING, *named)
    of_class = np.zeros(model.ngeom, dtype=np.int64)
    for name, label in labels:
        of_class[geoms_of(model, name)] = classes.index(label)
    pairs = np.stack((model.geom_bodyid + 1, of_class), axis=1)
    unique, owners = np.unique(pairs, axis=0, return_inverse=True)
    # Number -1 is where nothing is: the last place of a table.
    table = np.concatenate((unique, [(0, 0)])).astype(np.int32)
    known, there = _identities(whole), _identities(model)
    every = [*known, *(one for one in there if one not in known)]
    numbers = [every.index(one) + 1 for one in there]
    names = [str(whole.body(k).name) or f"body {k}" for k in range(whole.nbody)]
    bodies = (NOTHING, *names, *(f"copy {k + 1}" for k in range(copies)))
    return Drawn(
        owners.reshape(-1).astype(np.int64),
        table[:, 0],
        table[:, 1],
        np.array([0, *numbers], dtype=np.int32),
        bodies,
        classes,
    )


def _identities(model: mujoco.MjModel) -> list[Any]:
    """Of each body what it keeps when others are taken out: its name, or its place among the nameless ones of
    the body that it hangs on, which is told by its own."""
    found: list[Any] = []
    nameless: Counter[Any] = Counter()
    for body in range(model.nbody):
        one: Any = str(model.body(body).name)
        if not one:
            parent = found[int(model.body_parentid[body])]
            one = (parent, nameless[parent])
            nameless[parent] += 1
        found.append(one)
    return found


class View(Protocol):
    """What draws one camera of a world."""

    owners: NDArray[np.int64]
    """Number of the group that each thing that is drawn belongs to; negative for none."""

    def update(self, data: mujoco.MjData) -> None:
        """Takes over the state, before all that is drawn of a moment."""
        ...

    def color(self, out: NDArray[np.uint8]) -> None:
        """Draws the picture into ``out``, shape (H, W, 3)."""
        ...

    def depth(self, out: NDArray[np.float32]) -> None:
        """Distance along the optical axis into ``out``, metres, shape (H, W)."""
        ...

    @property
    def bodies(self) -> NDArray[np.int64]:
        """Number of the group that is in front at each pixel, negative for none, shape (H, W)."""
        ...

    def depth_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Depth of some of the things, (N,), as if the others were not there, ``inf`` for none, (H, W)."""
        ...


MakeView = Callable[[BuiltScene, Size], View]
"""A view through the camera of a built scene; width and height in pixels."""


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
        self._view: View | None = None
        frame = f"camera/{sensor.camera}"
        self.name, self.camera, self.body = name, camera, int(built.model.cam_bodyid[camera])
        self.lens = lens = Intrinsics(sensor.width, sensor.height, float(built.model.cam_fovy[camera]))
        size = (sensor.height, sensor.width)
        kinds = {
            "rgb": ((*size, 3), "uint8", "", 255.0),
            "depth": (size, "float32", "m", math.inf),
            "semantic": (size, "int32", "", len(drawn.classes) - 1.0),
            "instance": (size, "int32", "", len(drawn.bodies) - 1.0),
        }
        names = {"semantic": drawn.classes, "instance": drawn.bodies}
        self.channels = tuple(
            Channel(
                f"{name}.{kind}",
                kind,
                *kinds[kind][:3],
                rate_hz,
                0.0,
                kinds[kind][3],
                frame,
                lens,
                classes=names.get(kind, ()),
            )
            for kind in sensor.kinds
        )

    def show_by(self, make: MakeView) -> None:
        """Takes what draws; before the first :meth:`sample`."""
        self._view = make(self._built, (self._sensor.width, self._sensor.height))

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
                drawn = self._drawn
                array[:] = (
                    drawn.numbers[self.instances()] if kind == "instance" else self._shown(drawn.semantic)
                )

    def instances(self) -> NDArray[np.int32]:
        """Number of the body + 1 at each pixel of the newest picture, 0 for none, shape (H, W)."""
        return self._shown(self._drawn.instance)

    def outline(self, bodies: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where some of the bodies, (B,), would be seen in the newest picture if nothing else were there."""
        assert self._view is not None
        # Sites and tendons are drawn too and are no body's; every negative number is the last place.
        owners = np.maximum(self._view.owners, -1)
        chosen = np.append(bodies, False)[self._drawn.instance[owners] - 1]
        return np.isfinite(self._view.depth_of(chosen))

    def _shown(self, table: NDArray[np.int32]) -> NDArray[np.int32]:
        assert self._view is not None
        return table[np.maximum(self._view.bodies, -1)]

    def pose(self) -> NDArray[np.float64]:
        """From the camera's frame (X right, Y down, Z ahead) to the world's now, shape (4, 4)."""
        pose = np.eye(4)
        pose[:3, :3] = self._data.cam_xmat[self.camera].reshape(3, 3) @ _DOWN_AHEAD
        pose[:3, 3] = self._data.cam_xpos[self.camera]
        return pose
