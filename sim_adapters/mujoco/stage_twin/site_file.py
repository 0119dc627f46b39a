"""An OpenUSD file as the linter asks it; for a robot on its own joints MuJoCo's twin of it answers."""

from __future__ import annotations

from typing import Literal

from simgate.sim_adapters.embodiment import Channel
from simgate.sim_adapters.mujoco.articulated.check import CheckedRobot
from simgate.sim_adapters.mujoco.stage_twin.jointed import START, jointed_source
from simgate.sim_adapters.mujoco.stage_twin.tree import require_first
from simgate.sim_adapters.scene.articulated import CameraSensor, Sensor, Servos
from simgate.sim_adapters.usd.native.source import UsdSource
from simgate.sim_adapters.usd.native.stage_file import UsdFile
from simgate.sim_adapters.worlds.native_file import JointedFile, NativeError


class StageFile(UsdFile):
    """See :class:`UsdFile`."""

    def jointed(self, robot: str, drive: Literal["actuators"] | Servos, pose: str | None) -> JointedFile:
        """The robot that begins with a body; joints are where the stage has them."""
        if pose is not None:
            raise NativeError(
                "element", "an OpenUSD file has no stored poses", "leave pose out", unknown=pose
            )
        return StageRobot(self.source, robot, drive)


class StageRobot(CheckedRobot):
    """See :class:`CheckedRobot`; names are the paths of prims.

    Args:
        source: The opened stage.
        robot: Path of the body that it begins with.
        drive: How it is moved.
        left_out: Targets, ``PATH.present``, of what is not there.
    """

    def __init__(
        self,
        source: UsdSource,
        robot: str,
        drive: Literal["actuators"] | Servos,
        left_out: tuple[str, ...] = (),
    ) -> None:
        made, hung = jointed_source(source, tuple((target, False) for target in left_out))
        require_first(hung, robot)
        self._said = source, robot, drive
        super().__init__(made, robot, drive, START)

    def sensor(self, name: str, sensor: Sensor) -> tuple[Channel, ...]:
        """Makes the sensor, which is no camera."""
        if isinstance(sensor, CameraSensor):
            message = "cameras of robots on their own joints are drawn for MJCF files, not yet for OpenUSD"
            raise NativeError("file", message, "leave the sensor out, or model the robot as MJCF")
        return super().sensor(name, sensor)

    def without(self, targets: tuple[str, ...]) -> StageRobot:
        """Compiles what is left."""
        return StageRobot(*self._said, targets)
