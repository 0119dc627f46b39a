"""An OpenUSD file as the linter asks it: its robot, cameras, points, names, and what can be set."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np
from pxr import Usd, UsdGeom

from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.scene.articulated import Servos
from simgate.sim_adapters.usd.native.appearance.lamps import read_lights
from simgate.sim_adapters.usd.native.appearance.lens import check_lens, width_of
from simgate.sim_adapters.usd.native.appearance.looks import is_guessed
from simgate.sim_adapters.usd.native.contacts import check_contacts
from simgate.sim_adapters.usd.native.layout import has_states, is_joint_of, joints_of, moving_bodies
from simgate.sim_adapters.usd.native.masses import mass_of, robot_mass_kg
from simgate.sim_adapters.usd.native.solids import (
    Solid,
    read_solids,
    rigid_pose,
    unscaled_pose,
    world_matrix,
)
from simgate.sim_adapters.usd.native.source import open_source
from simgate.sim_adapters.usd.native.target import (
    WORDS,
    XYZ,
    parameter_of,
    parse_target,
    prim_at,
    vertical_fov_deg,
    whole_of,
)
from simgate.sim_adapters.usd.native.variant_stage import check_robot
from simgate.sim_adapters.usd.paths import is_at_or_below
from simgate.sim_adapters.worlds.low_walls import Shape, slope_of_box
from simgate.sim_adapters.worlds.native_file import (
    CameraFacts,
    JointedFile,
    NativeError,
    RobotFacts,
    part_of_robot,
)
from simgate.sim_adapters.worlds.placing import PlaceableBody, Surface
from simgate.sim_adapters.worlds.world import ParameterSpec, Rectangle

_IMAGE_HEIGHT = 120
_SIZES = ("size", "radius", "height", "width", "length", "radiusBottom", "radiusTop")


class UsdFile:
    """See :class:`simgate.sim_adapters.worlds.native_file.NativeFile`. A name is the path of a prim.

    Args:
        path: The file.

    Raises:
        NativeError: OpenUSD cannot read it, or it holds what cannot be simulated.
    """

    adapters: tuple[str, ...] = ("isaacsim", "mujoco", "physx")

    def __init__(self, path: Path) -> None:
        self.source = source = open_source(absolute(path))
        self._stage = source.stage
        self.files, self.sha256 = source.files, source.sha256
        self._solids: list[Solid] = read_solids(self._stage)
        read_lights(self._stage)  # For what it has against them.

    def robot(self, name: str, pose: str | None) -> RobotFacts:
        """The driving prim: upright, below nothing that moves it, with something that can touch."""
        if pose is not None:
            hint = "leave pose out: the robot stands as the stage has it"
            raise NativeError("element", "an OpenUSD file has no stored poses", hint, unknown=pose)
        prim = prim_at(self._stage, name, "element")
        check_robot(self._stage, name)
        is_filtered = check_contacts(self._stage, name, self._solids)
        has_joints = any(not is_joint_of(joint, name) for joint in joints_of(self._stage))
        if is_filtered or has_joints or has_states(self._stage, name):
            # Joints, filters and states of the site's bodies are physics that MuJoCo does not take over.
            self.adapters = ("isaacsim", "physx")
        matrix = world_matrix(prim)
        parts = [solid for solid in self._solids if solid.collides and is_at_or_below(solid.path, name)]
        if not parts:
            raise NativeError(
                "file",
                f"nothing of the robot '{name}' can touch anything",
                "give it a prim with CollisionAPI",
            )
        x, y = float(matrix[0, 3]), float(matrix[1, 3])
        reach = max(part.reach_m(x, y) for part in parts)
        top = max(part.top_m() for part in parts)
        start = (x, y, math.atan2(matrix[1, 0], matrix[0, 0]))
        for path in moving_bodies(self._stage):
            mass_of(self._stage.GetPrimAtPath(path), self._solids)
        return RobotFacts(start, reach, top, robot_mass_kg(prim, self._solids))

    def jointed(self, robot: str, drive: Literal["actuators"] | Servos, pose: str | None) -> JointedFile:
        """OpenUSD alone moves no joints: what reads the file for a simulator answers."""
        message = "robots on their own joints are read from MJCF files, not from OpenUSD"
        raise NativeError("file", message, "write drive: planar, or mjcf: FILE")

    def camera(self, name: str, robot: str) -> CameraFacts:
        """A camera on the robot, at its place in the file."""
        prim = prim_at(self._stage, name, "element")
        mounted = [
            str(part.GetPath())
            for part in Usd.PrimRange(self._stage.GetPrimAtPath(robot), Usd.TraverseInstanceProxies())
            if part.IsA(UsdGeom.Camera)
        ]
        if name not in mounted:
            said = "is no camera" if not prim.IsA(UsdGeom.Camera) else f"is not on the robot '{robot}'"
            hint = f"on it: {', '.join(mounted)}" if mounted else "put a camera below the robot's prim"
            raise NativeError("element", f"'{name}' {said}", hint)
        frame = rigid_pose(self._stage.GetPrimAtPath(robot))
        assert frame is not None
        seen = np.linalg.inv(frame) @ unscaled_pose(prim)
        camera = UsdGeom.Camera(prim)
        check_lens(camera)
        width = width_of(camera, _IMAGE_HEIGHT)
        x, y, z = (float(value) for value in seen[:3, 3])
        pitch = math.degrees(math.asin(max(-1.0, min(1.0, -float(seen[2, 2])))))
        return CameraFacts(width, _IMAGE_HEIGHT, vertical_fov_deg(camera), (x, y, z), pitch + 0.0)

    def point(self, name: str) -> tuple[float, float]:
        """Where a prim is on the floor."""
        matrix = world_matrix(prim_at(self._stage, name, "element"))
        return float(matrix[0, 3]), float(matrix[1, 3])

    def require(self, name: str, stops: str = "") -> None:
        """A prim with shapes of its own or below it."""
        prim_at(self._stage, name, "element")
        shapes = [shape for shape in self._solids if is_at_or_below(shape.path, name)]
        if not shapes:
            raise NativeError("element", f"'{name}' has no shape", "name a prim that is drawn or can be hit")
        if not stops:
            return
        for shape in shapes:
            # What cannot be read counts as opaque; the lidar would see a glass door that it never sees.
            if shape.is_drawn and is_guessed(self._stage.GetPrimAtPath(shape.path)):
                raise NativeError(
                    "element",
                    f"'{shape.path}' closes the way in a material that is not read, so nobody knows whether "
                    "the lidar sees it",
                    "give the material a UsdPreviewSurface too, or the prim a primvars:displayOpacity",
                )
        if not any(shape.collides for shape in shapes):
            raise NativeError(
                "element",
                f"'{name}' closes no way: nothing of it can be touched",
                "give it a collider that is switched on (physics:collisionEnabled) and no trigger",
            )

    def pushable(self, name: str, robot: str) -> None:
        """The robot's prim, or a rigid body that is not kinematic."""
        prim_at(self._stage, name, "element")
        if name != robot and is_at_or_below(name, robot):
            raise part_of_robot(name, robot)
        if name != robot and name not in moving_bodies(self._stage):
            message = f"'{name}' stands where it is, and no push moves it"
            raise NativeError("element", message, "name a prim with RigidBodyAPI that is not kinematic")

    def target(self, text: str, robot: str = "") -> ParameterSpec:
        """What a target takes."""
        target = parse_target(text, self._stage)
        if robot and self.carries(text, robot):
            message = f"'{target.path}' is the robot, which is where it starts"
            raise NativeError(
                "target", message, "use robot.start_x_m, robot.start_y_m and robot.start_yaw_deg"
            )
        return parameter_of(target, self._stage)

    def carries(self, text: str, point: str) -> bool:
        """Whether a target moves a prim, with what it is in."""
        target = parse_target(text, self._stage)
        moves = target.kind in ("pos", "turn", "present") or target.key.startswith("xformOp:")
        return moves and is_at_or_below(point, target.path)

    def placeable(self, name: str) -> PlaceableBody:
        """OpenUSD alone measures no shapes: what reads the file for a simulator does."""
        raise NativeError("file", f"nothing here measures how much room '{name}' takes")

    def surface(self, name: str, within: Rectangle | None) -> Surface:
        """Likewise."""
        raise NativeError("file", f"nothing here measures the top of '{name}'")

    def shifts(self, text: str, name: str) -> bool:
        """Whether a target moves a prim or something in it, or changes how large that is."""
        target = parse_target(text, self._stage)
        moves = target.kind in ("pos", "turn", "present") or target.key.startswith("xformOp:")
        related = is_at_or_below(name, target.path) or is_at_or_below(target.path, name)
        return (moves or target.key in _SIZES) and related

    def removes(self, text: str, body: str) -> bool:
        """Whether it says if a prim is there, or one that it is in."""
        target = parse_target(text, self._stage)
        return target.kind == "present" and is_at_or_below(body, target.path)

    def whole(self, text: str) -> tuple[float, ...]:
        """A colour as a whole: three numbers."""
        return whole_of(parse_target(text, self._stage), self._stage)

    def shapes(self, robot: str, pose: str | None) -> tuple[float, list[Shape]]:
        """Everything that the robot would touch."""
        solids = [solid for solid in self._solids if solid.collides]
        own = [solid for solid in solids if is_at_or_below(solid.path, robot)]
        low = min((float(solid.corners_m()[:, 2].min()) for solid in own), default=0.0)
        return low, [_shape(solid) for solid in solids if not is_at_or_below(solid.path, robot)]

    def listing(self) -> list[tuple[str, str, str]]:
        """Everything that can be set: words that fit, and the attributes that the file gives values to."""
        rows = []
        for prim in self._stage.Traverse():
            rows += [row for text in _texts(prim) if (row := self._row(text))]
        return rows

    def _row(self, text: str) -> tuple[str, str, str] | None:
        try:
            spec = self.target(text)
        except NativeError:
            return None  # This prim has it, but it cannot be set, for example what is connected.
        takes = {"bool": "true, false", "choice": ", ".join(spec.choices)}.get(
            spec.kind, spec.unit or "number"
        )
        value = str(spec.default).lower() if isinstance(spec.default, bool) else f"{spec.default}"
        return text, takes, value


def _shape(solid: Solid) -> Shape:
    parts = solid.path.split("/")[1:]
    names = tuple("/" + "/".join(parts[:count]) for count in range(len(parts), 0, -1))
    flat = (*solid.size[:2], 0.0) if solid.kind == "plane" else solid.size
    is_slab = solid.kind in ("box", "plane")
    slope = slope_of_box(solid.pose[:3, :3], np.array(flat)) if is_slab else None
    return Shape(names, solid.corners_m(), slope)


def _texts(prim: Usd.Prim) -> list[str]:
    """What could be set of a prim, as written in a pack."""
    path = str(prim.GetPath())
    texts = []
    for word in WORDS:
        texts += [f"{path}.{word}.{part}" for part in XYZ] if word == "pos" else [f"{path}.{word}"]
    for attribute in prim.GetAttributes():
        name = attribute.GetName()
        if not attribute.HasAuthoredValue() or name.startswith(("xformOp", "physics:", "info:", "outputs:")):
            continue
        texts.append(f"{path}.{name}")
        texts += [f"{path}.{name}.{part}" for part in XYZ if not _is_colour(attribute)]
    return texts


def _is_colour(attribute: Usd.Attribute) -> bool:
    return str(attribute.GetTypeName().scalarType).startswith("color3")
