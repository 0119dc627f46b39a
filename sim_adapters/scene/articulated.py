"""A robot on its own joints in a team's own file: how it is moved, what it senses, and what is measured."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from simgate.sim_adapters.quantities import Quantity
from simgate.sim_adapters.scene.native import NativeValue, PutDown
from simgate.sim_adapters.scene.push import Push
from simgate.sim_adapters.scene.sensor import CameraEffects

PictureKind = Literal["rgb", "depth", "semantic", "instance"]


@dataclass(frozen=True, slots=True)
class Servos:
    """Servos that simgate puts on joints, in place of the actuators that the file has on the robot.

    Attributes:
        mode: What a joint is told: an angle or length, a speed, or a torque or force.
        joints: Names in the order of the action; empty for every hinge and slide of the robot.
        kp: Stiffness in N m/rad or N/m, one for all joints or one each; for ``position``.
        kd: Damping in N m s/rad or N s/m, likewise; for ``position`` and ``velocity``.
        type: Tells this kind from others in stored data.
    """

    mode: Literal["position", "velocity", "torque"]
    joints: tuple[str, ...] = ()
    kp: tuple[float, ...] = ()
    kd: tuple[float, ...] = ()
    type: Literal["servos"] = "servos"


@dataclass(frozen=True, slots=True)
class CameraSensor:
    """A camera of the file; channels ``NAME.rgb``, ``.depth`` (metres), ``.semantic``, ``.instance``.

    Attributes:
        camera: Its name in the file.
        kinds: Which channels.
        width: Pixels.
        height: Pixels.
        rate_hz: Frames a second; None for the control rate.
        type: See :class:`Servos`.
    """

    camera: str
    kinds: tuple[PictureKind, ...] = ("rgb",)
    width: int = 160
    height: int = 120
    rate_hz: int | None = None
    type: Literal["camera"] = "camera"


@dataclass(frozen=True, slots=True)
class LidarSensor:
    """A scanner at a site or body, X ahead, Z up; channels ``NAME.ranges`` and, with rows, ``NAME.points``.

    Attributes:
        mount: ``site/NAME`` or ``body/NAME``; the body that it is on is never seen.
        beams: Beams side by side, the first at the right end; a single one looks ahead.
        fov_deg: Angle that they span; a full circle does not repeat its first beam.
        range_m: Largest range; what is farther reads ``inf``.
        rows: Beams one above the other.
        low_deg: Elevation of the lowest row.
        high_deg: Elevation of the highest row.
        points: Whether there are points in the mount's frame too.
        dark_range_m: Where a surface that gives back a tenth of the light, square on, answers every second
            beam; darker, farther and grazed ones answer fewer. None: every beam that hits comes back.
        rate_hz: Scans a second; None for the control rate.
        type: See :class:`Servos`.
    """

    mount: str
    beams: int = 121
    fov_deg: float = 240.0
    range_m: float = 10.0
    rows: int = 1
    low_deg: float = 0.0
    high_deg: float = 0.0
    points: bool = False
    dark_range_m: float | None = None
    rate_hz: int | None = None
    type: Literal["lidar"] = "lidar"


@dataclass(frozen=True, slots=True)
class JointSensor:
    """Hinges and slides; channels ``NAME.position`` and ``NAME.velocity``.

    Attributes:
        joints: Names; empty for every one of the robot.
        rate_hz: Readings a second; None for the control rate.
        type: See :class:`Servos`.
    """

    joints: tuple[str, ...] = ()
    rate_hz: int | None = None
    type: Literal["joints"] = "joints"


@dataclass(frozen=True, slots=True)
class BodySensor:
    """Where a body is and how it moves, in the world's frame; channels ``NAME.pose`` and ``NAME.twist``.

    Attributes:
        body: Its name.
        rate_hz: Readings a second; None for the control rate.
        type: See :class:`Servos`.
    """

    body: str
    rate_hz: int | None = None
    type: Literal["body"] = "body"


@dataclass(frozen=True, slots=True)
class FileSensor:
    """Sensors that the file declares, one after the other in one channel ``NAME``.

    Attributes:
        sensors: Their names in the file.
        rate_hz: Readings a second; None for the control rate.
        type: See :class:`Servos`.
    """

    sensors: tuple[str, ...]
    rate_hz: int | None = None
    type: Literal["sensor"] = "sensor"


Sensor = CameraSensor | LidarSensor | JointSensor | BodySensor | FileSensor


@dataclass(frozen=True, slots=True)
class ArticulatedSite:
    """One world: the file, the values of a variant, and what is asked of the robot in it.

    Attributes:
        name: Name of the world that made it.
        kind: Kind of file, an entry point of ``simgate.native_worlds``.
        path: Absolute path.
        sha256: Digest over the file and all that it reads, hex; another content is refused.
        robot: Name of the body that is the robot, with everything that hangs on it.
        drive: The file's own actuators, or servos on joints.
        sensors: Name -> what it senses.
        quantities: Name -> what is measured at each control tick.
        watched: Bodies (``body/NAME``) whose place is told at every picture, for scoring.
        pose: Stored pose that it starts in; None for the file's own.
        labels: Body or shape -> semantic class.
        allow: Pairs of bodies or shapes whose touching is no contact of the robot.
        values: Target -> value, in the order in which they are set.
        clip: Whether an action beyond its bounds is cut; otherwise it is refused.
        effects: What the camera that the model looks at does to its frames.
        seed: Of all that its sensors draw by chance, 63 bits.
        put: Bodies that a variant puts down.
        action_delay_ms: Time from an action to its reaching the actuators, rounded to whole physics steps.
        worn: What is wrong with its sensors and actuators, by :mod:`simgate.sim_adapters.sensors.axes`.
        pushes: Forces on bodies, whatever the robot does.
    """

    name: str
    kind: str
    path: str
    sha256: str
    robot: str
    drive: Literal["actuators"] | Servos = "actuators"
    sensors: tuple[tuple[str, Sensor], ...] = ()
    quantities: tuple[tuple[str, Quantity], ...] = ()
    watched: tuple[str, ...] = ()
    pose: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    allow: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, NativeValue], ...] = ()
    clip: bool = False
    effects: CameraEffects = field(default_factory=CameraEffects)
    seed: int = 0
    put: PutDown = field(default_factory=PutDown)
    action_delay_ms: float = 0.0
    worn: tuple[tuple[str, float], ...] = ()
    pushes: tuple[Push, ...] = ()

    def asked(
        self,
        quantities: tuple[tuple[str, Quantity], ...],
        watched: tuple[str, ...],
        allow: tuple[tuple[str, str], ...],
        seed: int,
    ) -> ArticulatedSite:
        """The world of one variant, with what its task and metrics ask for."""
        return replace(self, quantities=quantities, watched=watched, allow=allow, seed=seed)
