"""What a robot on its own joints has, or senses, that it cannot have here."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.sim_adapters.scene.articulated import Sensor
    from simgate.sim_adapters.worlds.native_file import JointedFile


def lacking(robot: JointedFile, sensors: Sequence[Sensor]) -> str:
    """See :attr:`simgate.sim_adapters.traits.AdapterTraits.lacks`.

    Where there is no OpenUSD (``simgate[usd]``) nothing is asked; then the worlds say it when they are built.
    """
    if find_spec("pxr") is None:
        return ""
    from simgate.sim_adapters.isaacsim.articulated.shown import eyes_of
    from simgate.sim_adapters.mujoco.articulated.check import CheckedRobot
    from simgate.sim_adapters.physx.articulated import lacks
    from simgate.sim_adapters.worlds.native_file import NativeError

    found = lacks.lacking(robot, sensors)
    if found or not isinstance(robot, CheckedRobot):
        return found
    try:
        eyes_of(robot.start[0], sensors)
    except NativeError as error:
        return f"{error.message}: {error.hint}"
    return ""
