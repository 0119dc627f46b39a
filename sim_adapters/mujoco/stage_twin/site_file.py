"""An OpenUSD file as the linter asks it; for a robot on its own joints MuJoCo's twin of it answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import mujoco
from pxr import Sdf, Usd, UsdGeom, UsdLux

from simgate.sim_adapters.embodiment import Channel
from simgate.sim_adapters.mujoco.articulated.check import CheckedRobot
from simgate.sim_adapters.mujoco.native.placed import placeable_body, surface_of
from simgate.sim_adapters.mujoco.stage_twin.jointed import START, jointed_source
from simgate.sim_adapters.mujoco.stage_twin.room import check_loose, highest_of, measured
from simgate.sim_adapters.mujoco.stage_twin.tree import require_first
from simgate.sim_adapters.scene.articulated import CameraSensor, Sensor, Servos
from simgate.sim_adapters.usd.native.appearance.lens import check_lens, width_of
from simgate.sim_adapters.usd.native.solids import read_solids
from simgate.sim_adapters.usd.native.source import UsdSource
from simgate.sim_adapters.usd.native.stage_file import UsdFile
from simgate.sim_adapters.usd.native.target import prim_at
from simgate.sim_adapters.usd.paths import is_at_or_below
from simgate.sim_adapters.worlds.native_file import JointedFile, NativeError
from simgate.sim_adapters.worlds.placing import PlaceableBody, Surface
from simgate.sim_adapters.worlds.world import Rectangle


class StageFile(UsdFile):
    """See :class:`UsdFile`."""

    def jointed(self, robot: str, drive: Literal["actuators"] | Servos, pose: str | None) -> JointedFile:
        """The robot that begins with a body; joints are where the stage has them."""
        if pose is not None:
            hint = "leave pose out: joints start where the stage has them (PhysicsJointStateAPI)"
            raise NativeError("element", "an OpenUSD file has no stored poses", hint, unknown=pose)
        return StageRobot(self.source, robot, drive)

    def placeable(self, name: str) -> PlaceableBody:
        """The room that a prim takes with all that is below it, as MuJoCo's shapes have it."""
        stage = self.source.stage
        prim = prim_at(stage, name, "element")
        check_loose(stage, prim)
        model, data = measured(stage, name)
        if mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, name) < 0:
            raise NativeError("element", f"'{name}' has no shape", "name a prim that is drawn or can be hit")
        room = placeable_body(model, data, name)
        below = (str(one.GetPath()) for one in Usd.PrimRange(prim, Usd.TraverseInstanceProxies()))
        return replace(room, names=tuple(dict.fromkeys((*room.names, *below))))

    def surface(self, name: str, within: Rectangle | None) -> Surface:
        """The top of a cube, cylinder, plane or mesh as it can be touched."""
        stage = self.source.stage
        prim_at(stage, name, "element")
        inside = [one.path for one in read_solids(stage) if one.collides and is_at_or_below(one.path, name)]
        if name not in inside:  # CollisionAPI on a prim that only holds shapes makes it none.
            hint = f"name a shape: {' or '.join(inside)}" if inside else "give it CollisionAPI"
            raise NativeError("element", f"'{name}' is no shape that can be touched", hint)
        model, data = measured(stage)
        return surface_of(model, data, highest_of(model, data, name), within)


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
        """Makes the sensor; a camera shows what its lens in the file does."""
        if isinstance(sensor, CameraSensor):
            self._check_camera(sensor)
        return super().sensor(name, sensor)

    def _check_camera(self, sensor: CameraSensor) -> None:
        stage = self._said[0].stage
        prim = stage.GetPrimAtPath(sensor.camera) if Sdf.Path.IsValidPathString(sensor.camera) else None
        if not prim or not prim.IsA(UsdGeom.Camera):
            return  # Said with all cameras that there are.
        camera = UsdGeom.Camera(prim)
        check_lens(camera)
        wide = width_of(camera, sensor.height)
        if abs(wide - sensor.width) > 1:
            message = (
                f"the aperture of camera '{sensor.camera}' has the proportions of {wide} by {sensor.height} "
                f"pixels, not of {sensor.width} by {sensor.height}"
            )
            hint = f"write width: {wide}, or let the apertures have the proportions of the picture"
            raise NativeError("element", message, hint)
        if "rgb" in sensor.kinds and not any(one.HasAPI(UsdLux.LightAPI) for one in stage.Traverse()):
            message = f"the file has no light, and all pictures of camera '{sensor.camera}' would be black"
            raise NativeError("file", message, "add one, a DomeLight for example")

    def without(self, targets: tuple[str, ...]) -> StageRobot:
        """Compiles what is left."""
        return StageRobot(*self._said, targets)
