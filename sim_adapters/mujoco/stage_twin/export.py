"""What MuJoCo makes of a stage, as a file."""

from __future__ import annotations

from pathlib import Path

import mujoco

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.mujoco.stage_twin.twin import stepped_twin
from simgate.sim_adapters.scene.scene import Scene


def write_twin(scene: Scene, timing: Timing, path: Path) -> tuple[Path, ...]:
    """Writes what MuJoCo makes of the stage, the robot at its start in the key frame ``start``.

    Args:
        scene: A native scene of kind ``usd``.
        timing: Rates; the physics rate becomes the time step.
        path: ``.xml`` file.

    Returns:
        The file.

    Raises:
        StageError: The file cannot be used, or has joints.
    """
    twin = stepped_twin(scene, timing)
    twin.spec.add_key(name="start", qpos=_start(twin.built, scene))
    twin.spec.compile()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(twin.spec.to_xml(), encoding="utf-8")
    return (path,)


def _start(built: BuiltScene, scene: Scene) -> list[float]:
    data = mujoco.MjData(built.model)
    data.qpos[built.drive.qpos : built.drive.qpos + 3] = scene.robot.start
    for index, value in built.start:
        data.qpos[index] = value
    return [float(value) for value in data.qpos]
