"""An MJCF file as the linter asks it: its robot, cameras, points, names, and what can be set."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Literal

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.mujoco.mujoco_log import compiled
from simgate.sim_adapters.mujoco.native.compiled import (
    SIGNS,
    box_corners,
    collides,
    is_floor,
    robot_bodies,
    state_at,
    touchable,
)
from simgate.sim_adapters.mujoco.native.lens import require_pinhole
from simgate.sim_adapters.mujoco.native.placed import placeable_body, surface_of
from simgate.sim_adapters.mujoco.native.planar import planar_spec
from simgate.sim_adapters.mujoco.native.source import in_one_line, open_source
from simgate.sim_adapters.mujoco.native.targets.elements import ATTRIBUTES, Listed
from simgate.sim_adapters.mujoco.native.targets.target import (
    Target,
    apply,
    parameter_of,
    parse_target,
    whole_of,
)
from simgate.sim_adapters.mujoco.pushes import pushed_body
from simgate.sim_adapters.scene.articulated import Servos
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

_UPRIGHT = 1e-3
_DEFAULT_IMAGE = (160, 120)
_ENDLESS_M = 50.0
_GEOM = mujoco.mjtGeom
_ROUND = (int(_GEOM.mjGEOM_SPHERE), int(_GEOM.mjGEOM_CYLINDER), int(_GEOM.mjGEOM_CAPSULE))


class MjcfFile:
    """See :class:`simgate.sim_adapters.worlds.native_file.NativeFile`.

    Args:
        path: The file.

    Raises:
        NativeError: MuJoCo cannot read or compile it.
    """

    adapters = ("mujoco",)

    def __init__(self, path: Path) -> None:
        self._source = source = open_source(absolute(path))
        self.files, self.sha256 = source.files, source.sha256
        self._spec, self._model = source.spec, source.model
        self._names = Listed(source.spec)

    def robot(self, name: str, pose: str | None) -> RobotFacts:
        """The driving body: on the floor by itself, upright, with a mass."""
        model, data = self._model, self._at(pose)
        self._need("body", name)
        body = int(model.body(name).id)
        if int(model.body_parentid[body]) != 0:
            parent = model.body(int(model.body_parentid[body])).name
            hint = f"name the body that holds the whole robot, for example '{parent}'"
            raise NativeError("file", f"body '{name}' hangs on another body and cannot drive", hint)
        frame = data.xmat[body].reshape(3, 3)
        if frame[2, 2] < 1.0 - _UPRIGHT:
            raise NativeError(
                "file", f"body '{name}' is tilted", "turn it so that its Z axis points up and X ahead"
            )
        mass = float(model.body_subtreemass[body])
        if mass <= 0.0:
            raise NativeError("file", f"body '{name}' has no mass", "give its geoms a density or mass")
        reach, top = self._hull(robot_bodies(model, body), data, data.xpos[body])
        self._check_drive(name, pose)
        self._check_touch(name)
        x, y, _ = data.xpos[body]
        start = (float(x), float(y), math.atan2(frame[1, 0], frame[0, 0]))
        return RobotFacts(start, reach, top, mass)

    def jointed(self, robot: str, drive: Literal["actuators"] | Servos, pose: str | None) -> JointedFile:
        """The robot on its own joints."""
        from simgate.sim_adapters.mujoco.articulated.check import CheckedRobot

        return CheckedRobot(self._source, robot, drive, pose)

    def _check_drive(self, robot: str, pose: str | None) -> None:
        """Puts the robot on its planar joints once, so that what MuJoCo has against it is known now."""
        try:
            planar_spec(self._source, robot, pose)
        except ValueError as error:
            message = f"MuJoCo cannot let body '{robot}' drive: {in_one_line(error)}"
            raise NativeError(
                "file", message, "see docs/native-worlds.md, 'What becomes of the file'"
            ) from None

    def _check_touch(self, robot: str) -> None:
        """Something that stands in the site must be able to stop the robot, or no run could ever fail."""
        model, data = self._model, self._at(None)
        own = robot_bodies(model, int(model.body(robot).id))
        is_own = np.isin(model.geom_bodyid, own)
        stands = [g for g in np.flatnonzero(~is_own) if not is_floor(model, data, int(g))]
        if stands and not touchable(model, np.flatnonzero(is_own).tolist())[stands].any():
            message = (
                f"nothing of the site can touch body '{robot}': their contype and conaffinity do not meet"
            )
            raise NativeError(
                "file", message, "let the geoms that it can hit have contype 1 and conaffinity 1"
            )

    def _hull(
        self, bodies: NDArray[np.int64], data: mujoco.MjData, origin: NDArray[np.float64]
    ) -> tuple[float, float]:
        """Radius about the vertical through ``origin``, and height, of all that can touch."""
        model = self._model
        geoms = [g for g in range(model.ngeom) if model.geom_bodyid[g] in bodies and collides(model, g)]
        if not geoms:
            raise NativeError(
                "file", "nothing of the robot can touch anything", "give it a geom with contype 1"
            )
        reach = max(self._reach(data, geom, origin) for geom in geoms)
        top = max(float(box_corners(model, data, geom)[:, 2].max()) for geom in geoms)
        return reach, top

    def _reach(self, data: mujoco.MjData, geom: int, origin: NDArray[np.float64]) -> float:
        """How far a geom reaches from a vertical line."""
        corners = box_corners(self._model, data, geom)
        reach = float(np.hypot(*(corners[:, :2] - origin[:2]).T).max())
        if int(self._model.geom_type[geom]) in _ROUND:
            # The corners of its box are not on a round shape.
            radius, half = (float(size) for size in self._model.geom_size[geom][:2])
            lean = math.sqrt(max(0.0, 1.0 - float(data.geom_xmat[geom][8]) ** 2))
            offset = float(np.hypot(*(data.geom_xpos[geom][:2] - origin[:2])))
            reach = min(reach, offset + radius + lean * half)
        return reach

    def camera(self, name: str, robot: str) -> CameraFacts:
        """A camera on the robot, at its place in the file."""
        model, data = self._model, self._at(None)
        self._need("camera", name)
        camera, body = int(model.camera(name).id), int(model.body(robot).id)
        if int(model.cam_bodyid[camera]) not in robot_bodies(model, body):
            mounted = [
                model.camera(k).name
                for k in range(model.ncam)
                if model.cam_bodyid[k] in robot_bodies(model, body) and model.camera(k).name
            ]
            message = f"camera '{name}' is not on the robot '{robot}'"
            hint = f"on it: {', '.join(mounted)}" if mounted else "put a camera into the robot's body"
            raise NativeError("element", message, hint)
        frame = data.xmat[body].reshape(3, 3)
        x, y, z = frame.T @ (data.cam_xpos[camera] - data.xpos[body])
        ahead = -data.cam_xmat[camera].reshape(3, 3)[:, 2]
        width, height = (int(n) for n in model.cam_resolution[camera])
        if width <= 1 or height <= 1:
            width, height = _DEFAULT_IMAGE
        require_pinhole(model, camera, width, height)
        return CameraFacts(
            width, height, float(model.cam_fovy[camera]), (float(x), float(y), float(z)),
            math.degrees(math.asin(max(-1.0, min(1.0, float(ahead[2]))))) + 0.0,
        )  # fmt: skip

    def point(self, name: str) -> tuple[float, float]:
        """Where a site is on the floor."""
        self._need("site", name)
        x, y, _ = self._at(None).site_xpos[int(self._model.site(name).id)]
        return float(x), float(y)

    def require(self, name: str, stops: str = "") -> None:
        """A body or a geom of that name."""
        bodies, geoms = self._names.of("body"), self._names.of("geom")
        if name not in bodies and name not in geoms:
            message = f"the file has no body or geom '{name}'"
            raise NativeError("element", message, unknown=name, known=tuple({**bodies, **geoms}))
        if stops and not self._stops(name, stops):
            message = f"'{name}' closes no way: nothing of it can touch body '{stops}'"
            raise NativeError("element", message, "let a geom of it have contype 1 and conaffinity 1")

    def _stops(self, name: str, robot: str) -> bool:
        """Whether a robot can touch a geom, or one of a body's."""
        model = self._model
        own = robot_bodies(model, int(model.body(robot).id))
        hull = [geom for geom in range(model.ngeom) if model.geom_bodyid[geom] in own]
        return bool(touchable(model, hull)[list(self._geoms_of(name))].any())

    def _geoms_of(self, name: str) -> Iterator[int]:
        """Geoms of that name, of a body of that name, or of what hangs on it."""
        model = self._model
        for geom in range(model.ngeom):
            body = int(model.geom_bodyid[geom])
            names = {model.geom(geom).name, model.body(body).name}
            while body:
                body = int(model.body_parentid[body])
                names.add(model.body(body).name)
            if name in names:
                yield geom

    def pushable(self, name: str, robot: str) -> None:
        """The robot's body, or one that a joint of the site moves."""
        model = self._model
        own = robot_bodies(model, int(model.body(robot).id))
        if name != robot and mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, name) in own:
            raise part_of_robot(name, robot)
        if name != robot:
            pushed_body(model, name)

    def target(self, text: str, robot: str = "") -> ParameterSpec:
        """What a target takes."""
        target = parse_target(text, self._names)
        if robot and target.kind == "body" and target.name == robot:
            message = f"body '{robot}' is the robot, which is where it starts"
            raise NativeError(
                "target", message, "use robot.start_x_m, robot.start_y_m and robot.start_yaw_deg"
            )
        if robot and target.kind == "actuator":
            message = f"actuator '{target.name}' moves nothing where a robot drives in the plane"
            raise NativeError("target", message, "leave it out, or write drive: actuators under robot")
        if robot and target.kind == "joint":
            bodies = robot_bodies(self._model, int(self._model.body(robot).id))
            if int(self._model.joint(target.name).bodyid[0]) in bodies:
                message = f"joint '{target.name}' is the robot's, whose joints are locked"
                raise NativeError("target", message, "lock them in another pose with robot: {pose: KEY}")
        if robot and target.attribute.kind == "present":
            self._check_without(target)
        return parameter_of(target, self._names)

    def _check_without(self, target: Target) -> None:
        """Whether the file can do without something: nothing else may need it."""
        spec = self._spec.copy()
        apply(target, spec, False)
        for key in list(spec.keys):
            spec.delete(key)
        try:
            compiled(spec)
        except ValueError as error:
            message = f"the file cannot do without {target.kind} '{target.name}': {in_one_line(error)}"
            raise NativeError(
                "target", message, "take what needs it out of the file, or set its pos"
            ) from None

    def carries(self, text: str, point: str) -> bool:
        """Whether a target moves a site, with what it is on."""
        target, model = parse_target(text, self._names), self._model
        if target.attribute.kind == "start":
            holder = model.body(int(model.joint(target.name).bodyid[0])).name
        elif target.kind == "body" and target.attribute.kind in ("vector", "turn", "present"):
            holder = target.name
        else:
            return (target.kind, target.name) == ("site", point)
        body = int(model.site(point).bodyid[0])
        while body and model.body(body).name != holder:
            body = int(model.body_parentid[body])
        return bool(body)

    def placeable(self, name: str) -> PlaceableBody:
        """The room that a top-level body takes."""
        self._need("body", name)
        found = placeable_body(self._model, self._at(None), name)
        self._check_without(parse_target(f"body/{name}.present", self._names))
        return found

    def surface(self, name: str, within: Rectangle | None) -> Surface:
        """The top of a box, cylinder or plane."""
        self._need("geom", name)
        return surface_of(self._model, self._at(None), name, within)

    def shifts(self, text: str, name: str) -> bool:
        """Whether a target moves or resizes a geom or one of a body's, or takes it away."""
        target, model = parse_target(text, self._names), self._model
        if target.attribute.kind not in ("turn", "present", "start") and target.key not in ("pos", "size"):
            return False
        if target.kind == "joint":
            holder = model.body(int(model.joint(target.name).bodyid[0])).name
        elif target.kind in ("body", "geom"):
            holder = target.name
        else:
            return False
        return not set(self._geoms_of(holder)).isdisjoint(self._geoms_of(name))

    def removes(self, text: str, body: str) -> bool:
        """Whether it says if a body is there, or one that it hangs on."""
        target, model = parse_target(text, self._names), self._model
        above = int(model.body(body).id)
        while above and str(model.body(above).name) != target.name:
            above = int(model.body_parentid[above])
        return target.kind == "body" and target.attribute.kind == "present" and above > 0

    def whole(self, text: str) -> tuple[float, ...]:
        """A colour as a whole: three numbers, four with its opacity."""
        return whole_of(parse_target(text, self._names), self._names)

    def shapes(self, robot: str, pose: str | None) -> tuple[float, list[Shape]]:
        """Everything that the robot would touch, at the file's own pose."""
        model, data = self._model, self._at(pose)
        bodies = robot_bodies(model, int(model.body(robot).id))
        own = [g for g in range(model.ngeom) if model.geom_bodyid[g] in bodies and collides(model, g)]
        low = min((float(box_corners(model, data, g)[:, 2].min()) for g in own), default=0.0)
        found = []
        for geom in map(int, np.flatnonzero(touchable(model, own))):
            if model.geom_bodyid[geom] not in bodies and (shape := _shape(model, data, geom)):
                found.append(shape)
        return low, found

    def listing(self) -> list[tuple[str, str, str]]:
        """Everything that can be set."""
        rows = []
        for kind, attributes in ATTRIBUTES.items():
            for name in self._names.of(kind):
                for key, attribute in attributes.items():
                    ends = [f".{part}" for part in attribute.parts] if attribute.kind == "vector" else [""]
                    rows += [row for end in ends if (row := self._row(f"{kind}/{name}.{key}{end}"))]
        return rows

    def _row(self, text: str) -> tuple[str, str, str] | None:
        try:
            spec = self.target(text)
        except NativeError:
            return None  # This element does not have it, for example a geom given by fromto.
        takes = {"bool": "true, false", "choice": ", ".join(spec.choices)}.get(
            spec.kind, spec.unit or "number"
        )
        value = str(spec.default).lower() if isinstance(spec.default, bool) else f"{spec.default}"
        return text, takes, value

    def _need(self, kind: str, name: str) -> None:
        known = self._names.of(kind)
        if name not in known:
            raise NativeError("element", f"the file has no {kind} '{name}'", unknown=name, known=tuple(known))

    @cached_property
    def _states(self) -> dict[str | None, mujoco.MjData]:
        return {}

    def _at(self, pose: str | None) -> mujoco.MjData:
        """The state at a stored pose, or at the file's own."""
        if pose not in self._states:
            self._states[pose] = state_at(self._model, pose)
        return self._states[pose]


def _shape(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> Shape | None:
    """A geom of the site; None for what is floor whatever its height."""
    kind, rotation = int(model.geom_type[geom]), data.geom_xmat[geom].reshape(3, 3)
    names = [model.geom(geom).name or f"geom {geom}"]
    body = int(model.geom_bodyid[geom])
    while body:
        names.append(model.body(body).name)
        body = int(model.body_parentid[body])
    if kind == int(_GEOM.mjGEOM_HFIELD):
        return None
    if kind == int(_GEOM.mjGEOM_PLANE):
        half = np.where(model.geom_size[geom] > 0.0, model.geom_size[geom], _ENDLESS_M) * (1.0, 1.0, 0.0)
        corners = (SIGNS * half) @ rotation.T + data.geom_xpos[geom]
        return Shape(tuple(names), corners, math.degrees(math.acos(min(1.0, float(rotation[2, 2])))))
    slope = slope_of_box(rotation, model.geom_size[geom]) if kind == int(_GEOM.mjGEOM_BOX) else None
    return Shape(tuple(names), box_corners(model, data, geom), slope)
