"""A world whose scenes come from a team's own file (MJCF, OpenUSD), as a pack declares it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.scene.native import NativeSite, NativeValue
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensor import Camera, CameraEffects, Lidar
from simgate.sim_adapters.sensors.axes import GENERAL
from simgate.sim_adapters.worlds.declared.pushes import PushSpec, pushes_of
from simgate.sim_adapters.worlds.placing import Placing, PlacingWorld
from simgate.sim_adapters.worlds.world import ParameterSpec, PlacedObject, Value

_NOMINAL = {
    "camera.blur_px": 0.0, "camera.dropout_rate": 0.0, "camera.exposure_ev": 0.0, "camera.noise_std": 0.01,
}  # fmt: skip
_AXES = {axis.name: axis.spec for axis in GENERAL}
EFFECTS = {name: replace(_AXES[name], default=value, appearance=True) for name, value in _NOMINAL.items()}
"""What the harness itself does to frames, whatever drew them; parameters of every native world."""
ASKED_EFFECTS = {name: _AXES[name] for name in ("camera.jpeg_quality", "camera.occlusion")}
"""Likewise, but parameters of those scenarios alone that give them a value."""
START = ("robot.start_x_m", "robot.start_y_m", "robot.start_yaw_deg")
"""Where the robot starts; parameters of every native world, the file's own place by default."""


@dataclass(frozen=True, slots=True)
class Knob:
    """A parameter of a pack that sets something in the file.

    Attributes:
        spec: Kind, range, default, meaning.
        targets: What it sets, all to the same value.
        values: Word -> value, for a parameter that names its values; empty when the value is set as it is.
    """

    spec: ParameterSpec
    targets: tuple[str, ...]
    values: dict[str, NativeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NativeSpec:
    """All that a pack says about a native world, checked against the file.

    Attributes:
        kind: ``mjcf`` or ``usd``: which key named the file.
        file: Path from the pack's folder, with ``/``.
        sha256: Digest over the file and everything that it reads, hex.
        robot_body: Body that drives.
        robot: Hull and limits of the drive, and where it starts in the file.
        camera_name: The robot's camera in the file; None for one that the pack mounts itself.
        camera: Its intrinsics and mount.
        lidar: The scanner on the robot's axis.
        goal: (x, y), metres.
        goal_radius_m: The goal counts as reached within this distance.
        pose: Stored pose that the robot's own joints are locked in.
        labels: Body or shape -> semantic class.
        barrier: Body or shape that can close the way -> the word that the robot is expected to report.
        open_from: Parameter -> value from which on the way is open.
        knobs: Parameter -> what it sets.
        files: The file and everything that it reads -> SHA-256, hex, by path from the file's folder; empty in
            manifests of older versions.
        placing: Objects that ``place`` may put down, and where.
        axes: Those of :data:`ASKED_EFFECTS` that are parameters.
        pushes: Name -> a force on a body.
    """

    kind: str
    file: str
    sha256: str
    robot_body: str
    robot: Robot
    camera_name: str | None
    camera: Camera
    lidar: Lidar
    goal: tuple[float, float]
    goal_radius_m: float = 0.5
    pose: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    barrier: dict[str, str] = field(default_factory=dict)
    open_from: dict[str, float] = field(default_factory=dict)
    knobs: dict[str, Knob] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    placing: Placing = field(default_factory=Placing)
    axes: dict[str, ParameterSpec] = field(default_factory=dict)
    pushes: dict[str, PushSpec] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The world's name in results: kind, file, and what was in it."""
        return f"{self.kind}:{self.file}@{self.sha256[:12]}"


class NativeWorld(PlacingWorld):
    """A world of scenes that a simulator reads from a file.

    Args:
        spec: As the pack declares it.
        folder: The pack's folder, where the file's path begins.
    """

    def __init__(self, spec: NativeSpec, folder: Path) -> None:
        super().__init__(spec.placing)
        self.spec = spec
        self.name = f"{spec.kind}:{spec.file}"
        self.description = f"The site in {spec.file}, a file of {spec.kind.upper()}."
        self._path = str(absolute(folder / spec.file))
        self.parameters: Mapping[str, ParameterSpec] = {
            **EFFECTS,
            **spec.axes,
            **_start_parameters(spec.robot.start),
            **{name: knob.spec for name, knob in spec.knobs.items()},
            **{key: one for name, push in spec.pushes.items() for key, one in push.parameters(name).items()},
        }

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Scene:
        """The scene of a variant: the file, and what to set in it."""
        spec = self.spec
        values = set_by(spec.knobs, parameters)
        barrier = self._barrier(parameters, dict(values))
        hidden = set(spec.barrier) - {barrier}
        put = self.placing.put(placed)
        x, y, yaw = (float(parameters[name]) for name in START)
        return Scene(
            name=self.name,
            bodies=(),
            robot=replace(spec.robot, start=(x, y, math.radians(yaw))),
            camera=spec.camera,
            lidar=spec.lidar,
            task=Task(
                goal=spec.goal,
                goal_radius_m=spec.goal_radius_m,
                barrier=barrier,
                barrier_kind=spec.barrier[barrier] if barrier is not None else None,
            ),
            effects=replace(
                effects_of(parameters),
                jpeg_quality=int(parameters.get("camera.jpeg_quality", 100)),
                occlusion=float(parameters.get("camera.occlusion", 0.0)),
            ),
            pushes=pushes_of(spec.pushes, parameters),
            native=NativeSite(
                kind=spec.kind,
                path=self._path,
                sha256=spec.sha256,
                robot=spec.robot_body,
                camera=spec.camera_name,
                pose=spec.pose,
                # A door that stands wide open is none that a detector must see.
                labels=tuple(
                    (there, label)
                    for name, label in spec.labels.items()
                    if name not in hidden
                    for there in put.there(name)
                ),
                counted=tuple(spec.barrier),
                values=values,
                put=put,
            ),
        )

    def _barrier(self, parameters: Mapping[str, Value], values: Mapping[str, NativeValue]) -> str | None:
        """What closes the way: the first barrier that is there, unless the way is open."""
        for name, limit in self.spec.open_from.items():
            if float(parameters[name]) >= limit:
                return None
        for name in self.spec.barrier:
            if all(values.get(target, True) for target in _presence_of(name)):
                return name
        return None


def effects_of(parameters: Mapping[str, Value]) -> CameraEffects:
    """What the camera of a variant does to its frames, by the parameters :data:`EFFECTS`."""
    return CameraEffects(
        noise_std=float(parameters["camera.noise_std"]),
        blur_px=float(parameters["camera.blur_px"]),
        exposure_ev=float(parameters["camera.exposure_ev"]),
        dropout_rate=float(parameters["camera.dropout_rate"]),
    )


def set_by(knobs: Mapping[str, Knob], parameters: Mapping[str, Value]) -> tuple[tuple[str, NativeValue], ...]:
    """What the parameters of a variant set in the file: target and value."""
    found: list[tuple[str, NativeValue]] = []
    for name, knob in knobs.items():
        value: NativeValue = parameters[name]
        if knob.values:
            value = knob.values[str(value)]
        found += [(target, value) for target in knob.targets]
    return tuple(found)


def _presence_of(name: str) -> list[str]:
    """The targets that say whether it is there: in MJCF its body or shape, in USD all prims above it too."""
    if not name.startswith("/"):
        return [f"{kind}/{name}.present" for kind in ("body", "geom")]
    parts = name.split("/")[1:]
    return [f"/{'/'.join(parts[: count + 1])}.present" for count in range(len(parts))]


def _start_parameters(start: tuple[float, float, float]) -> dict[str, ParameterSpec]:
    where = "Where the robot starts; the place in the file when left out."
    x, y, yaw = START
    return {
        x: ParameterSpec("number", start[0], where, "m"),
        y: ParameterSpec("number", start[1], where, "m"),
        yaw: ParameterSpec(
            "number", math.degrees(start[2]), "Heading of the robot at the start, positive left.", "deg",
            -360.0, 360.0,
        ),
    }  # fmt: skip
