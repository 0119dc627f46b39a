"""What a native file says about itself, before anything is simulated: the protocol of its readers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from simgate.sim_adapters.embodiment import ActionSpec, Channel
from simgate.sim_adapters.quantities import Quantity
from simgate.sim_adapters.scene.articulated import Sensor, Servos
from simgate.sim_adapters.worlds.low_walls import Shape
from simgate.sim_adapters.worlds.placing import PlaceableBody, Surface
from simgate.sim_adapters.worlds.world import ParameterSpec, Rectangle


class NativeError(Exception):
    """A native file cannot be used as asked.

    Attributes:
        what: ``file`` (it cannot be read or lacks something), ``element`` (it has nothing of that name) or
            ``target`` (that cannot be set).
        message: What is wrong, one sentence without a full stop.
        unknown: The word that is unknown; empty when no single word is.
        known: What there is in its place.
        hint: What to do; empty when ``known`` says it.
    """

    def __init__(
        self,
        what: Literal["file", "element", "target"],
        message: str,
        hint: str = "",
        *,
        unknown: str = "",
        known: tuple[str, ...] = (),
    ) -> None:
        if unknown and not known and not hint:
            hint = "nothing of this kind has a name there; give it one"
        self.what, self.message, self.hint = what, message, hint
        self.unknown, self.known = unknown, known
        super().__init__(f"{message}; {hint}" if hint else message)


def part_of_robot(name: str, robot: str) -> NativeError:
    """Of a push on a body that a driving robot holds fast."""
    message = f"'{name}' is a part of '{robot}', which drives as one body"
    return NativeError("element", message, f"push '{robot}'")


@dataclass(frozen=True, slots=True)
class RobotFacts:
    """The body that drives, as the file has it.

    Attributes:
        start: (x m, y m, yaw rad).
        radius_m: Radius of the smallest disc about the body's origin that holds all that can touch.
        height_m: Top of what can touch, above the floor at z = 0.
        mass_kg: With everything that hangs on it.
    """

    start: tuple[float, float, float]
    radius_m: float
    height_m: float
    mass_kg: float


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """A camera on the robot; position in the frame of the driving body, metres.

    Attributes:
        width: Pixels.
        height: Pixels.
        vertical_fov_deg: Vertical field of view.
        position: Metres.
        pitch_deg: Positive looks up.
    """

    width: int
    height: int
    vertical_fov_deg: float
    position: tuple[float, float, float]
    pitch_deg: float


class JointedFile(Protocol):
    """A native file with a robot on its own joints; every method raises :class:`NativeError` for a name
    that the file does not have."""

    @property
    def action(self) -> ActionSpec:
        """What the robot is told, without its bounds being cut."""
        ...

    @property
    def unbounded(self) -> tuple[str, ...]:
        """Names in the action that neither a range nor a limit of force holds: what is told acts, however
        large."""
        ...

    def sensor(self, name: str, sensor: Sensor) -> tuple[Channel, ...]:
        """Asks for what a sensor is on; the channels that it gives, at a rate of no meaning."""
        ...

    def quantity(self, quantity: Quantity) -> None:
        """Asks for what a quantity is of."""
        ...

    def push(self, name: str, body: str) -> None:
        """Asks for a body that can be pushed; from then on :meth:`quantity` knows a push of that name."""
        ...

    def watch(self, body: str) -> None:
        """Asks for a body whose place is told at every picture."""
        ...

    def touch(self, a: str, b: str) -> None:
        """Asks for two bodies or shapes."""
        ...

    def without(self, targets: tuple[str, ...]) -> JointedFile:
        """The same without what these targets, ``body/NAME.present``, take out."""
        ...


class NativeFile(Protocol):
    """A native file, opened. Constructed by entry point (group ``simgate.native_worlds``) as
    ``factory(path=Path)``; raises :class:`NativeError` when the file cannot be read.

    ``adapters`` names the simulators that can open such files.
    """

    adapters: tuple[str, ...]
    files: tuple[Path, ...]
    """The file and everything that it reads, itself first; absolute paths."""
    sha256: str
    """Digest over all of them, hex."""

    def robot(self, name: str, pose: str | None) -> RobotFacts:
        """The driving body.

        Raises:
            NativeError: There is no such body, or it cannot drive.
        """
        ...

    def jointed(self, robot: str, drive: Literal["actuators"] | Servos, pose: str | None) -> JointedFile:
        """The file with a robot on its own joints.

        Raises:
            NativeError: There is no such body or pose, or it cannot be moved so.
        """
        ...

    def camera(self, name: str, robot: str) -> CameraFacts:
        """A camera of the robot.

        Raises:
            NativeError: There is no such camera, or it is not on the robot.
        """
        ...

    def point(self, name: str) -> tuple[float, float]:
        """Where a marked point is on the floor, metres.

        Raises:
            NativeError: There is no such point.
        """
        ...

    def require(self, name: str, stops: str = "") -> None:
        """Asks for a body or shape that can carry a label.

        Args:
            name: Of the body or shape.
            stops: The driving body, when it is to be one that stops it; empty for any.

        Raises:
            NativeError: There is none of that name, or that body passes through it.
        """
        ...

    def pushable(self, name: str, robot: str) -> None:
        """Asks for a body that can be pushed: the driving one, or another that physics moves.

        Raises:
            NativeError: There is none of that name, it stands where it is, or it is a part of the robot.
        """
        ...

    def target(self, text: str, robot: str = "") -> ParameterSpec:
        """What a target takes, with the file's own value as default.

        Args:
            text: As written.
            robot: The driving body, whose place and joints are not the pack's to set; empty for none.

        Raises:
            NativeError: There is no such thing, or it cannot be set.
        """
        ...

    def carries(self, text: str, point: str) -> bool:
        """Whether a target moves a marked point, or takes it away.

        Args:
            text: A target that there is.
            point: See :meth:`point`.
        """
        ...

    def placeable(self, name: str) -> PlaceableBody:
        """The room that a body takes when it is put down.

        Raises:
            NativeError: There is no such body, or it cannot be put down.
        """
        ...

    def surface(self, name: str, within: Rectangle | None) -> Surface:
        """The level top of a shape.

        Args:
            name: Of the shape.
            within: The part of it that is meant; None for all.

        Raises:
            NativeError: There is no such shape, its top is not level, or ``within`` reaches beyond it.
        """
        ...

    def shifts(self, text: str, name: str) -> bool:
        """Whether a target moves or resizes a body or shape, or takes it away.

        Args:
            text: A target that there is.
            name: Of a body or shape that there is.
        """
        ...

    def removes(self, text: str, body: str) -> bool:
        """Whether a target takes a body away.

        Args:
            text: A target that there is.
            body: One that can be pushed.
        """
        ...

    def whole(self, text: str) -> tuple[float, ...]:
        """The file's value of a target that takes several numbers at once (a colour); empty otherwise."""
        ...

    def shapes(self, robot: str, pose: str | None) -> tuple[float, list[Shape]]:
        """Height of the robot's lowest point that can touch, metres, and every shape of the site that it
        would touch, where the file has it."""
        ...

    def listing(self) -> list[tuple[str, str, str]]:
        """Everything that can be set: target, what it takes, the file's value."""
        ...
