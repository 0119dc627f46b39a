"""Reads a native world whose robot moves on its own joints: how it is driven and what it senses."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simgate.harness.packs.language.native import JointedKeys, JointedRobotKeys
from simgate.harness.packs.model import SimSpec
from simgate.harness.packs.reading.worlds.read_axes import asked_for, warn_of_delays
from simgate.harness.packs.reading.worlds.read_native_set import SetReader
from simgate.harness.packs.reading.worlds.read_placing import PlacingReader
from simgate.harness.packs.reading.worlds.read_pushes import read_pushes
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import Written, read_keys
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SequenceNode
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.scene.articulated_words import read_drive, read_sensor
from simgate.sim_adapters.sensors.axes import DELAY as LATE
from simgate.sim_adapters.sensors.axes import DELAYS, axes_of
from simgate.sim_adapters.worlds.declared.articulated import DELAY, ArticulatedSpec, ArticulatedWorld
from simgate.sim_adapters.worlds.declared.native import EFFECTS
from simgate.sim_adapters.worlds.declared.repeated import REPEAT
from simgate.sim_adapters.worlds.file_digest import file_hashes
from simgate.sim_adapters.worlds.native_file import NativeError

if TYPE_CHECKING:
    from simgate.harness.packs.model import PinnedVariant
    from simgate.harness.packs.values import ValueSpec
    from simgate.sim_adapters.embodiment import Channel
    from simgate.sim_adapters.scene.articulated import Sensor, Servos
    from simgate.sim_adapters.worlds.declared.pushes import PushSpec
    from simgate.sim_adapters.worlds.native_file import JointedFile, NativeFile
    from simgate.sim_adapters.worlds.world import ParameterSpec

Report = Callable[[Node, NativeError], None]


def is_jointed(node: MappingNode) -> bool:
    """Whether a native world says that its robot moves on its own joints."""
    robot = node.find("robot")
    drive = robot[1].find("drive") if robot is not None and isinstance(robot[1], MappingNode) else None
    if drive is None:
        return node.find("sensors") is not None
    return not (isinstance(drive[1], ScalarNode) and drive[1].text == "planar")


def plain_of(node: Node) -> Any:
    """A node as plain data."""
    if isinstance(node, MappingNode):
        return {key.text: plain_of(value) for key, value in node}
    if isinstance(node, SequenceNode):
        return [plain_of(item) for item in node.items]
    return node.value if isinstance(node, ScalarNode) else None


class JointedReader:
    """Reads such worlds of a pack.

    Args:
        reader: Typed access to nodes.
        sim: The pack's rates.
        report: Reports what a file has against a node.
    """

    def __init__(self, reader: Reader, sim: SimSpec, report: Report) -> None:
        self._reader, self._sim, self._report = reader, sim, report

    def read(
        self, kind: str, world: Written[JointedKeys], file: NativeFile
    ) -> tuple[ArticulatedWorld, JointedFile] | None:
        """The world and its robot in the file; None when something is missing or wrong, which is reported.

        Args:
            kind: Which key names the file.
            world: What the pack says.
            file: The opened file.
        """
        reader, fields = self._reader, world.nodes
        robot = read_keys(reader, fields.get("robot"), JointedRobotKeys, "the robot on its own joints")
        labels = self._labels(fields.get("labels"), file)
        driven = self._driven(robot, file) if robot is not None else None
        sensors: tuple[tuple[str, Sensor], ...] = ()
        axes: dict[str, ParameterSpec] = {}
        pushes: dict[str, PushSpec] = {}
        if driven is not None:
            sensors, channels = self._sensors(fields.get("sensors"), driven[1])
            # What a camera does to its frames every native world has already.
            found = axes_of(Embodiment(kind, channels, driven[1].action))
            axes = {name: axis.spec for name, axis in found.items() if name not in EFFECTS}
            pushes = read_pushes(reader, fields.get("pushes"), self._sim, driven[1].push, self._report)
        pushed = (key for name, push in pushes.items() for key in push.parameters(name))
        knobs = SetReader(reader, file, "", (REPEAT, *axes, *pushed)).read(fields.get("set"))
        if robot is None or driven is None:
            return None
        (keys, nodes), (drive, jointed) = (robot.keys, robot.nodes), driven
        for target in [t for knob in knobs.values() for t in knob.targets if drive != "actuators"]:
            if target.startswith("actuator/"):
                message = f"{target} is of an actuator of the file, in whose place drive puts servos"
                reader.problems.at(fields["set"], "unknown-target", message, "write drive: actuators")
        if jointed.unbounded:
            self._warn_unbounded(nodes["drive"], jointed.unbounded)
        placing = PlacingReader(reader, file, self._report, keys.body, knobs).read(fields)
        spec = ArticulatedSpec(
            kind=kind,
            file=Path(os.path.relpath(file.files[0], reader.folder)).as_posix(),
            sha256=file.sha256,
            robot_body=keys.body,
            drive=drive,
            clip=keys.clip,
            sensors=sensors,
            pose=keys.pose,
            labels=labels,
            knobs=knobs,
            files=file_hashes(file.files),
            placing=placing,
            axes=axes,
            pushes=pushes,
        )
        return ArticulatedWorld(spec, reader.folder), jointed

    def _driven(
        self, robot: Written[JointedRobotKeys], file: NativeFile
    ) -> tuple[Literal["actuators"] | Servos, JointedFile] | None:
        """How the robot is moved, and it in the file; None when something is wrong, which is reported."""
        if not robot.is_whole or "drive" not in robot.nodes:
            return None
        keys, nodes = robot.keys, robot.nodes
        try:
            drive = read_drive(plain_of(nodes["drive"]))
            return drive, file.jointed(keys.body, drive, keys.pose)
        except NativeError as error:
            at = "pose" if keys.pose is not None and error.unknown == keys.pose else "drive"
            self._report(nodes["body" if error.unknown == keys.body else at], error)
        except ValueError as error:
            self._reader.problems.at(nodes["drive"], "wrong-value", str(error))
        return None

    def worn_alone(
        self,
        node: MappingNode,
        spec: ArticulatedSpec,
        given: Mapping[str, ValueSpec],
        pins: Sequence[PinnedVariant],
    ) -> ArticulatedSpec:
        """A world with those axes alone that its scenario speaks of."""
        problems, rate = self._reader.problems, self._sim.control_hz
        if DELAY in given and LATE.name in given:
            message = f"'{DELAY}' is the older name of '{LATE.name}', and both have a value"
            problems.at(node.key(spec.kind), "wrong-value", message, f"leave '{DELAY}' out")
        warn_of_delays(problems, node.key(spec.kind), given, set(DELAYS) - {LATE.name}, rate)
        return replace(spec, axes=asked_for(spec.axes, given, pins))

    def _warn_unbounded(self, node: Node, names: tuple[str, ...]) -> None:
        """Says that the robot is as strong as a policy asks: it may pass by what no real one can do."""
        few = ", ".join(f"'{name}'" for name in names[:3]) + (" ..." if len(names) > 3 else "")
        message = f"neither a range nor a limit of force holds what the policy tells {few}: "
        message += "it may ask for any force"
        hint = "give the actuators ctrlrange or forcerange, or their joints actuatorfrcrange"
        self._reader.problems.warn(node, "unbounded-action", message, hint)

    def _sensors(
        self, node: Node | None, jointed: JointedFile
    ) -> tuple[tuple[tuple[str, Sensor], ...], tuple[Channel, ...]]:
        """What it senses, and the channels of that."""
        found: list[tuple[str, Sensor]] = []
        channels: list[Channel] = []
        for key, value in self._reader.mapping(node, "a mapping of names to sensors"):
            if self._reader.name(key, "a sensor's name") is None:
                continue
            try:
                sensor = read_sensor(plain_of(value))
                channels += jointed.sensor(key.text, sensor)
            except NativeError as error:
                self._report(value, error)
                continue
            except ValueError as error:
                self._reader.problems.at(value, "wrong-value", f"sensor '{key.text}': {error}")
                continue
            rate = sensor.rate_hz
            if rate is not None and self._sim.physics_hz % rate:
                message = f"rate_hz {rate} of sensor '{key.text}' does not divide physics_hz "
                written = value.find("rate_hz") if isinstance(value, MappingNode) else None
                at = written[1] if written is not None else value
                self._reader.problems.at(at, "rates", f"{message}{self._sim.physics_hz}")
            found.append((key.text, sensor))
        return tuple(found), tuple(channels)

    def _labels(self, node: Node | None, file: NativeFile) -> dict[str, str]:
        found = {}
        for key, value in self._reader.mapping(node, "a mapping of bodies or shapes to classes"):
            word = self._reader.text(value)
            try:
                file.require(key.text)
            except NativeError as error:
                self._report(key, error)
                continue
            if word is not None:
                found[key.text] = word
        return found
