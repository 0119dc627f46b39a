"""What is where on the stage that is shown, and what is true of it, whether it is ours or a team's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.observation import VisibleEntity
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.sensing.clearance import ClearanceField
from simgate.sim_adapters.scene.sensing.plane_scan import PlaneScan

if TYPE_CHECKING:
    from simgate.sim_adapters.usd.native.variant_stage import VariantStage

Pose = tuple[float, float, float]


class ShownScene(Protocol):
    """Paths and truth of one variant.

    Attributes:
        names: Bodies by number.
        robot: Path of the robot's prim.
        camera: Path of its camera.
        height_m: Of the robot's origin above z = 0.
        actors: Paths of the actors' prims.
        lights: Name of a light of the scene -> path of its prim.
        loose: Paths of the other bodies that physics moves.
    """

    names: tuple[str, ...]
    robot: str
    camera: str
    height_m: float
    actors: tuple[str, ...]
    lights: Mapping[str, str]
    loose: tuple[str, ...]

    def body_at(self, path: str) -> str | None:
        """Name of the body whose prim is at a path or above it; None when it is no body's."""
        ...

    def follow(self, positions: NDArray[np.float64], orientations: NDArray[np.float64]) -> None:
        """Takes over where the loose bodies are: metres (N, 3) and wxyz (N, 4), in the order of ``loose``."""
        ...

    def gaps(self, pose: Pose, time_s: float) -> dict[str, float]:
        """Clearance of each body that can be hit, metres."""
        ...

    def seen(
        self, bodies: NDArray[np.int64], pose: Pose, gaps: Mapping[str, float], time_s: float
    ) -> tuple[VisibleEntity, ...]:
        """The labelled bodies that a frame shows."""
        ...

    def ranges(self, pose: Pose, time_s: float) -> NDArray[np.float64]:
        """Lidar ranges, metres, ``inf`` where nothing was hit."""
        ...


class PrimitiveScene:
    """See :class:`ShownScene`: a scene of simgate's own worlds.

    Args:
        scene: The scene.
        timing: Rates.
    """

    height_m = 0.0
    loose: tuple[str, ...] = ()

    def __init__(self, scene: Scene, timing: Timing) -> None:
        import mujoco

        from simgate.sim_adapters.mujoco.build import build_model
        from simgate.sim_adapters.mujoco.sensing import SceneSensing
        from simgate.sim_adapters.usd.paths import CAMERA, ROBOT, StagePaths

        paths = StagePaths(scene)
        self.robot, self.camera = ROBOT, CAMERA
        self.names = (*(body.name for body in scene.bodies), *(actor.body.name for actor in scene.actors))
        self.actors = tuple(paths.actors.values())
        self.lights: Mapping[str, str] = paths.lights
        self.body_at = paths.body_at
        self._clearance = ClearanceField(scene)
        built = build_model(scene, timing)
        self._sensing = SceneSensing(scene, built, mujoco.MjData(built.model), self._clearance)
        self.ranges = PlaneScan(scene).ranges

    def follow(self, positions: NDArray[np.float64], orientations: NDArray[np.float64]) -> None:
        """Nothing is loose."""

    def gaps(self, pose: Pose, time_s: float) -> dict[str, float]:
        """Clearance of each body, metres."""
        return self._clearance.gaps(pose[0], pose[1], time_s)

    def seen(
        self, bodies: NDArray[np.int64], pose: Pose, gaps: Mapping[str, float], time_s: float
    ) -> tuple[VisibleEntity, ...]:
        """The labelled bodies that a frame shows."""
        return self._sensing.seen_from(bodies, pose, gaps, time_s)


class StageScene:
    """See :class:`ShownScene`: a team's own stage, measured on its MuJoCo twin.

    Args:
        scene: The scene.
        timing: Rates.
        shown: The stage.
    """

    actors: tuple[str, ...] = ()
    lights: Mapping[str, str] = {}

    def __init__(self, scene: Scene, timing: Timing, shown: VariantStage) -> None:
        import mujoco

        from simgate.sim_adapters.mujoco.native.sensing import sensing_of
        from simgate.sim_adapters.mujoco.stage_twin.twin import build_twin

        layout = shown.layout
        twin = build_twin(scene, timing, shown, steps=False)
        self._data = mujoco.MjData(twin.built.model)
        self._sensing = sensing_of(scene, twin.built, self._data)
        self._mocaps = list(twin.followers.values())
        self._beams = scene.lidar.beams
        self.names, self.robot, self.camera = layout.names, layout.robot, layout.camera
        self.height_m, self.loose, self.body_at = layout.height_m, tuple(twin.followers), layout.body_at

    def follow(self, positions: NDArray[np.float64], orientations: NDArray[np.float64]) -> None:
        """Puts the twin's loose bodies where physics has them."""
        self._data.mocap_pos[self._mocaps] = positions
        self._data.mocap_quat[self._mocaps] = orientations

    def gaps(self, pose: Pose, time_s: float) -> dict[str, float]:
        """Clearance of each body that can be touched, metres."""
        self._sensing.place(pose, time_s)
        return self._sensing.clearance.gaps(pose[0], pose[1], time_s)

    def seen(
        self, bodies: NDArray[np.int64], pose: Pose, gaps: Mapping[str, float], time_s: float
    ) -> tuple[VisibleEntity, ...]:
        """The labelled bodies that a frame shows."""
        return self._sensing.seen_from(bodies, pose, gaps, time_s)

    def ranges(self, pose: Pose, time_s: float) -> NDArray[np.float64]:
        """Lidar ranges, metres."""
        self._sensing.place(pose, time_s)
        found = np.zeros(self._beams)
        self._sensing.scan(pose, found)
        return found
