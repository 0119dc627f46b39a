"""Keys of a native world."""

from __future__ import annotations

from typing import Annotated, Literal

from simgate.harness.packs.language.definition import ByHand, Keys, Schema, Tree, Wanted, Word, key
from simgate.harness.packs.language.schema_of import SCALAR, TEXT, mapping
from simgate.harness.packs.language.values import numbers

_WORDS: Schema = {"type": "object", "additionalProperties": TEXT}


class CameraKeys(Keys):
    """A camera that the file does not have; what is left out is as in other cameras."""

    position: Annotated[tuple[float, float, float], Wanted("[x, y, z] in metres")] = key(
        "[ahead, left, above the floor] of the body's origin, metres"
    )
    pitch_deg: float = key("degrees that it looks up", 0.0, ge=-90, le=90)
    fovy_deg: float = key("vertical field of view, degrees; 60 when left out", 60.0, gt=0, le=170)
    width: int = key("pixels; 160 when left out", 160, ge=16, le=4096)
    height: int = key("pixels; 120 when left out", 120, ge=16, le=4096)


class LidarKeys(Keys):
    """The scanner on the robot's axis."""

    height_m: float | None = key("height of the scan plane above the floor", None, gt=0)
    range_m: float | None = key("largest range", None, gt=0)
    beams: int | None = key("number of beams", None, ge=2, le=10_000)
    fov_deg: float | None = key("angle between the first and the last beam", None, gt=0, le=360)


def _camera() -> Schema:
    return {"if": {"type": "object"}, "then": mapping(CameraKeys), "else": TEXT}


class RobotKeys(Keys):
    """What of the file drives and sees."""

    body: Annotated[str, Wanted("the name of a body")] = key(
        "name of the body, or path of the prim, that drives, X ahead, Z up"
    )
    camera: Annotated[Tree, ByHand(_camera)] = key(
        "camera on it that the model sees through: its name, or {position: [x, y, z]}"
    )
    pose: Annotated[str | None, Wanted("the name of a stored pose")] = key(
        "name of a stored pose, in which the robot's own joints are locked", None
    )
    drive: Annotated[Literal["planar"], Word("drive")] = key(
        "planar: it drives over the floor, its own joints locked; see the robot on its own joints for others",
        "planar",
    )
    radius_m: float | None = key(
        "radius of the hull as the policy is told it; measured in the file when left out", None, gt=0
    )
    max_speed_mps: float | None = key("top speed", None, gt=0)
    max_yaw_rate_rps: float | None = key("top turn rate, rad/s", None, gt=0)
    max_accel_mps2: float | None = key("limit of the drive's acceleration, m/s^2", None, gt=0)
    max_yaw_accel_rps2: float | None = key("limit of the turn's acceleration, rad/s^2", None, gt=0)
    lidar: Annotated[LidarKeys | None, Wanted("the lidar")] = key(
        "{height_m: 0.25, range_m: 10}: the scanner on the robot's axis", None
    )


def _targets() -> Schema:
    return {"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1}]}


def _choices() -> Schema:
    number: Schema = {"type": "number"}
    value = {"anyOf": [SCALAR, {"type": "array", "items": number}]}
    return {"type": "object", "additionalProperties": value, "minProperties": 1}


class SetKeys(Keys):
    """A parameter that sets something in the file."""

    target: Annotated[Tree, ByHand(_targets)] = key(
        "what to set, for example geom/box_1.pos.x, or a list of such"
    )
    between: Annotated[Tree, ByHand(lambda: numbers(2))] = key("[smallest, largest] allowed value", None)
    choices: Annotated[Tree, ByHand(_choices)] = key(
        "word: value, for a parameter whose values have names", None
    )
    unit: str | None = key("unit of the value, for people", None)
    meaning: str | None = key("one sentence about it, for people", None)
    appearance: bool = key(
        "true for what only changes how the scene is lit and looked at: makes no other scene", False
    )


def set_schema() -> Schema:
    """Parameters with their targets."""
    one = {"if": {"type": "object"}, "then": mapping(SetKeys), "else": _targets()}
    return {"type": "object", "additionalProperties": one}


class SurfaceKeys(Keys):
    """What ``place`` puts objects onto."""

    top_of: Annotated[str, Wanted("the name of a geom")] = key(
        "box, cylinder, plane or mesh of the file on whose flat top objects may stand"
    )
    within: Annotated[Tree, ByHand(lambda: numbers(4))] = key(
        "[x_min, y_min, x_max, y_max], the part of it, world frame, metres; all of it when left out", None
    )


class ClearKeys(Keys):
    """Where ``place`` puts nothing."""

    at: Annotated[Tree, ByHand(lambda: {"anyOf": [TEXT, numbers(2)]})] = key(
        "[x, y] in metres, or the name of a point of the file"
    )
    radius_m: float = key("metres around it", gt=0)


def _by_name(keys: type[Keys]) -> Schema:
    return {"type": "object", "additionalProperties": mapping(keys)}


class PlacingKeys(Keys):
    """What ``place`` may put down in a native world, and where."""

    objects: Annotated[tuple[str, ...], Wanted("a list of bodies")] = key(
        "bodies of the file that place may put down, as its kinds; they are there only where it puts them", ()
    )
    surfaces: Annotated[Tree, ByHand(lambda: _by_name(SurfaceKeys))] = key(
        "name: {top_of: GEOM}, what objects stand on, as the regions of place", None
    )
    keep_clear: Annotated[Tree, ByHand(lambda: _by_name(ClearKeys))] = key(
        "name: {at: POINT, radius_m: NUMBER}, where place can be told to put nothing", None
    )


class PushKeys(Keys):
    """A force on a body for a while; what stands here holds where a variant says nothing else."""

    body: Annotated[str, Wanted("the name of a body")] = key("body that is pushed, at its centre of mass")
    at_s: float = key("when the push begins, simulated seconds", ge=0)
    duration_s: float = key("how long it lasts, in whole physics steps; 0.1 when left out", 0.1, gt=0)
    impulse_ns: float = key("force times duration, newton seconds; 0 when left out", 0.0, ge=0)
    direction_deg: float = key(
        "about the vertical from the world's X, positive to the left", 0.0, ge=-360, le=360
    )
    elevation_deg: float = key("positive up", 0.0, ge=-90, le=90)


_PUSHES = "forces on bodies, name: {body: NAME, at_s: SECONDS}; NAME.impulse_ns and its like are parameters"


class NativeKeys(PlacingKeys):
    """A native world: one file, and what of it means what."""

    mjcf: Annotated[str | None, ByHand()] = key("path of an MJCF file with robot and site", None)
    usd: Annotated[str | None, ByHand()] = key("path of an OpenUSD file with robot and site", None)
    robot: Annotated[RobotKeys, ByHand()] = key(
        "{body: NAME, camera: NAME}: what of the file drives and sees"
    )
    goal: Annotated[Tree, ByHand(lambda: {"anyOf": [TEXT, numbers(2)]})] = key(
        "[x, y] in metres, or the name of a point of the file"
    )
    goal_radius_m: float = key("the goal counts as reached within this distance, metres", 0.5, gt=0)
    labels: Annotated[Tree, ByHand(lambda: _WORDS)] = key(
        "what a detector is expected to see, body, shape or prim: class of the model", None
    )
    barrier: Annotated[Tree, ByHand(lambda: _WORDS)] = key(
        "what can close the way, body, shape or prim: word that the robot is expected to report", None
    )
    open_from: Annotated[dict[str, float] | None, ByHand()] = key(
        "parameter: value from which on the way is open", None
    )
    pushes: Annotated[Tree, ByHand(lambda: _by_name(PushKeys))] = key(_PUSHES, None)
    set: Annotated[Tree, ByHand(set_schema)] = key(
        "parameters that set something in the file, name: target", None
    )


def _drive() -> Schema:
    return {"anyOf": [{"const": "actuators"}, {"type": "object", "required": ["mode"]}]}


def _sensors() -> Schema:
    return {"type": "object", "additionalProperties": {"type": "object", "minProperties": 1}}


class JointedRobotKeys(Keys):
    """A robot on its own joints."""

    body: Annotated[str, Wanted("the name of a body")] = key(
        "name of the body that is the robot, with everything that hangs on it"
    )
    drive: Annotated[Tree, ByHand(_drive)] = key(
        "actuators, or {joints: all, mode: position, kp: 100, kd: 10}: how it is moved"
    )
    pose: Annotated[str | None, Wanted("the name of a stored pose")] = key(
        "name of a stored pose, in which it starts", None
    )
    clip: bool = key("true to cut actions beyond their bounds, which are refused otherwise", False)


class JointedKeys(PlacingKeys):
    """A native world with a robot on its own joints."""

    mjcf: Annotated[str | None, ByHand()] = key("path of an MJCF file with robot and site", None)
    usd: Annotated[str | None, ByHand()] = key(
        "path of an OpenUSD file with robot and site; its joints move on mujoco, physx and isaacsim", None
    )
    robot: Annotated[JointedRobotKeys, ByHand()] = key(
        "{body: NAME, drive: actuators}: what is moved, and how"
    )
    sensors: Annotated[Tree, ByHand(_sensors)] = key(
        "what it senses, name: sensor, for example {joints: {joints: all}, view: {camera: NAME}}", None
    )
    pushes: Annotated[Tree, ByHand(lambda: _by_name(PushKeys))] = key(_PUSHES, None)
    labels: Annotated[Tree, ByHand(lambda: _WORDS)] = key(
        "classes for pictures of kind semantic, body or shape: class", None
    )
    set: Annotated[Tree, ByHand(set_schema)] = key(
        "parameters that set something in the file, name: target", None
    )
