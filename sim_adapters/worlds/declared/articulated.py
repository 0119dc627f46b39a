"""A world from a team's own file whose robot moves on its own joints, as a pack declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.scene.articulated import ArticulatedSite, CameraSensor, Sensor, Servos
from simgate.sim_adapters.scene.sensor import CameraEffects
from simgate.sim_adapters.sensors.axes import DELAY as LATE
from simgate.sim_adapters.worlds.declared.native import EFFECTS, Knob, effects_of, set_by
from simgate.sim_adapters.worlds.declared.pushes import PushSpec, pushes_of
from simgate.sim_adapters.worlds.placing import Placing, PlacingWorld
from simgate.sim_adapters.worlds.world import ParameterSpec, PlacedObject, Value

DELAY = "robot.action_delay_ms"
"""What :data:`~simgate.sim_adapters.sensors.axes.DELAY` was called here before robots of all kinds had it."""
OWN = {
    DELAY: ParameterSpec(
        "number",
        0.0,
        "Time until an action reaches the actuators, in whole physics steps.",
        "ms",
        0.0,
        1000.0,
    ),
}
"""Parameters of every world with a robot on its own joints."""


@dataclass(frozen=True, slots=True)
class ArticulatedSpec:
    """All that a pack says about such a world, checked against the file.

    Attributes:
        kind: Which key named the file, for example ``mjcf``.
        file: Path from the pack's folder, with ``/``.
        sha256: Digest over the file and everything that it reads, hex.
        robot_body: Body that is the robot, with everything that hangs on it.
        drive: How it is moved.
        clip: Whether an action beyond its bounds is cut; otherwise it is refused.
        sensors: What it senses, name and sensor.
        pose: Stored pose that it starts in.
        labels: Body or shape -> semantic class.
        knobs: Parameter -> what it sets.
        files: The file and everything that it reads -> SHA-256, hex, by path from the file's folder.
        placing: Objects that ``place`` may put down, and where.
        axes: What may be wrong with its sensors and actuators: parameter -> what it takes.
        pushes: Name -> a force on a body.
    """

    kind: str
    file: str
    sha256: str
    robot_body: str
    drive: Literal["actuators"] | Servos
    clip: bool = False
    sensors: tuple[tuple[str, Sensor], ...] = ()
    pose: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    knobs: dict[str, Knob] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    placing: Placing = field(default_factory=Placing)
    axes: dict[str, ParameterSpec] = field(default_factory=dict)
    pushes: dict[str, PushSpec] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The world's name in results: kind, file, and what was in it."""
        return f"{self.kind}:{self.file}@{self.sha256[:12]}"


class ArticulatedWorld(PlacingWorld):
    """See :class:`simgate.sim_adapters.worlds.world.World`.

    Args:
        spec: As the pack declares it.
        folder: The pack's folder, where the file's path begins.
    """

    def __init__(self, spec: ArticulatedSpec, folder: Path) -> None:
        super().__init__(spec.placing)
        self.spec = spec
        self.name = f"{spec.kind}:{spec.file}"
        self.description = f"The robot '{spec.robot_body}' on its own joints in {spec.file}."
        self._path = str(absolute(folder / spec.file))
        looks = any(isinstance(one, CameraSensor) and "rgb" in one.kinds for _, one in spec.sensors)
        self.parameters: Mapping[str, ParameterSpec] = {
            **(EFFECTS if looks else {}),
            **OWN,
            **spec.axes,
            **{key: one for name, push in spec.pushes.items() for key, one in push.parameters(name).items()},
            **{name: knob.spec for name, knob in spec.knobs.items()},
        }

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Any:
        """The :class:`ArticulatedSite` of a variant, without what its task measures.

        ``Any``, because the protocol of worlds knows scenes alone.
        """
        spec = self.spec
        late = LATE.name if LATE.name in spec.axes else DELAY
        return ArticulatedSite(
            name=self.name,
            kind=spec.kind,
            path=self._path,
            sha256=spec.sha256,
            robot=spec.robot_body,
            drive=spec.drive,
            sensors=spec.sensors,
            pose=spec.pose,
            labels=tuple(spec.labels.items()),
            values=set_by(spec.knobs, parameters),
            clip=spec.clip,
            effects=effects_of(parameters) if EFFECTS.keys() <= parameters.keys() else CameraEffects(),
            put=self.placing.put(placed),
            action_delay_ms=float(parameters.get(late, 0.0)),
            worn=tuple((name, float(parameters[name])) for name in spec.axes if name != late),
            pushes=pushes_of(spec.pushes, parameters),
        )
