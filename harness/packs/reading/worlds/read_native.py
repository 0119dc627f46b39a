"""Reads a native world: a file of the team's own, what of it drives, sees and counts, and what can be set."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from simgate.harness import registry
from simgate.harness.packs.checks.check_traits import check_pushes, moving_traits, traits_named
from simgate.harness.packs.checks.vocabulary import Vocabulary
from simgate.harness.packs.language.native import (
    CameraKeys,
    JointedKeys,
    LidarKeys,
    NativeKeys,
    RobotKeys,
)
from simgate.harness.packs.model import SimSpec
from simgate.harness.packs.reading.worlds.read_jointed import JointedReader, is_jointed
from simgate.harness.packs.reading.worlds.read_native_set import SetReader
from simgate.harness.packs.reading.worlds.read_placing import PlacingReader
from simgate.harness.packs.reading.worlds.read_pushes import read_pushes
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.harness.packs.source.read_keys import Written, read_keys
from simgate.harness.packs.worlds import NATIVE as GROUP
from simgate.harness.packs.worlds import native_reader
from simgate.policies.documents.diagnostics import near, shown_path
from simgate.policies.documents.named_file import named_file
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SequenceNode, SourceFile
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.sensor import Camera, Lidar
from simgate.sim_adapters.traits import AdapterTraits
from simgate.sim_adapters.worlds.declared.articulated import ArticulatedWorld
from simgate.sim_adapters.worlds.declared.native import ASKED_EFFECTS, Knob, NativeSpec, NativeWorld
from simgate.sim_adapters.worlds.declared.repeated import REPEAT
from simgate.sim_adapters.worlds.file_digest import file_hashes
from simgate.sim_adapters.worlds.low_walls import walls_in_the_way
from simgate.sim_adapters.worlds.native_file import CameraFacts, NativeError, RobotFacts

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.native_file import JointedFile, NativeFile

CODES = {"file": "native-file", "element": "unknown-element", "target": "unknown-target"}
"""What is wrong with a file -> code of the diagnostic."""
T = TypeVar("T")
_KINDS = ("mjcf", "usd")
_HIGH_M = 0.1
"""From this height on what a robot passes over is worth a word."""
_LIMITS = ("max_speed_mps", "max_yaw_rate_rps", "max_accel_mps2", "max_yaw_accel_rps2")


class NativeReader:
    """Reads the native worlds of a pack.

    Args:
        reader: Typed access to nodes; keeps the files that were opened.
        sim: The pack's simulator and rates.
        vocabulary: What the pack's model and policy know.
    """

    def __init__(self, reader: Reader, sim: SimSpec, vocabulary: Vocabulary) -> None:
        self._reader, self._sim, self._vocabulary = reader, sim, vocabulary
        self.jointed: JointedFile | None = None
        """The robot of the last world read, where it moves on its own joints."""
        self.traits: AdapterTraits | None = None
        """What the simulator that moves it declares."""
        self.file: NativeFile | None = None
        """The file of the last world read, where its robot drives."""

    def read(self, node: MappingNode, *, reports_count: bool) -> NativeWorld | ArticulatedWorld | None:
        """The world; None when something required is missing or wrong, which is reported.

        Args:
            node: What the pack says.
            reports_count: Whether a criterion asks for the right report, so that words of barriers must be
                ones that the policy knows.
        """
        self.jointed = self.traits = self.file = None
        if is_jointed(node):
            return self._read_jointed(node)
        read = read_keys(self._reader, node, NativeKeys, "the native world")
        if read is None:
            return None
        fields = read.nodes
        before = len(self._reader.problems)
        key = self._file_key(node, fields)
        file = self._open(key.text, fields[key.text]) if key is not None else None
        if key is None or file is None:
            return None
        self.file = file
        spec = self._spec(key.text, read, file)
        for _, word in _entries(fields.get("labels")):
            self._vocabulary.require_class(word, word.text)
        for _, word in _entries(fields.get("barrier")) if reports_count else ():
            self._vocabulary.require_report(word, word.text)
        self._check_adapter(key, file)
        if spec is not None and spec.pushes:
            problems, asked = self._reader.problems, fields["pushes"]
            traits = traits_named(problems, asked, self._sim.adapter, self._reader.folder)
            check_pushes(problems, asked, self._sim.adapter, traits)
        if spec is None or len(self._reader.problems) > before:
            return None
        self._warn_of_walls(fields[key.text], spec, file)
        return NativeWorld(spec, self._reader.folder)

    def _read_jointed(self, node: MappingNode) -> ArticulatedWorld | None:
        """A world whose robot moves on its own joints."""
        read = read_keys(self._reader, node, JointedKeys, "the native world with a robot on its own joints")
        before = len(self._reader.problems)
        key = self._file_key(node, read.nodes) if read is not None else None
        file = self._open(key.text, read.nodes[key.text]) if read is not None and key is not None else None
        if read is None or key is None or file is None:
            return None
        problems, adapter = self._reader.problems, self._sim.adapter
        self.traits = moving_traits(problems, key, adapter, self._reader.folder)
        found = JointedReader(self._reader, self._sim, self.report).read(key.text, read, file)
        if found is None:
            return None
        world, self.jointed = found
        if world.spec.pushes:
            check_pushes(problems, read.nodes["pushes"], adapter, self.traits)
        lacks = self.traits.lacks if self.traits is not None else None
        lacking = lacks(self.jointed, [one for _, one in world.spec.sensors]) if lacks is not None else ""
        if lacking:
            problems.at(key, "world-adapter", f"the simulator '{adapter}': {lacking}")
        return world if len(self._reader.problems) == before else None

    def _file_key(self, node: MappingNode, fields: Fields) -> ScalarNode | None:
        given = [kind for kind in _KINDS if kind in fields]
        if not given:
            self._reader.problems.at(
                node, "missing-key", "the native world names no file", "add mjcf: FILE or usd: FILE"
            )
            return None
        if len(given) > 1:
            message = "a world is one file: 'usd' beside 'mjcf'"
            self._reader.problems.at(node.key("usd"), "wrong-value", message, "leave one of them out")
            return None
        return node.key(given[0])

    def _open(self, kind: str, node: Node) -> NativeFile | None:
        """The opened file, read once for all scenarios; its problems are reported at every use."""
        text = self._reader.text(node, "the path of a file")
        if text is None:
            return None
        if named_file(self._reader.problems, node, text) is None:
            return None
        path = absolute(node.source.path.parent / text)
        if kind not in registry.names(GROUP):
            readable = " or ".join(f"{name}: FILE" for name in registry.names(GROUP)) or "none"
            message = f"worlds in {kind.upper()} files cannot be opened by what is installed here"
            self._reader.problems.at(node, "native-file", message, f"what can be opened: {readable}")
            return None
        known = self._reader.native
        if known.get((kind, path)) is not None:
            return known[kind, path]
        try:
            file: NativeFile = native_reader(kind)(path=path)
        except NativeError as error:
            self.report(node, error)
            return None
        except ImportError as error:
            self._reader.problems.at(node, "broken-plugin", f"{kind.upper()} files cannot be read: {error}")
            return None
        known[kind, path] = file
        return file

    def _check_adapter(self, key: ScalarNode, file: NativeFile) -> None:
        if self._sim.adapter in file.adapters or self._sim.adapter not in registry.names(
            "simgate.sim_adapters"
        ):
            return
        message = f"the simulator '{self._sim.adapter}' cannot open {key.text.upper()} files"
        able = " or ".join(f"sim: {{adapter: {name}}}" for name in file.adapters)
        self._reader.problems.at(key, "world-adapter", message, f"write {able}")

    def _warn_of_walls(self, node: Node, spec: NativeSpec, file: NativeFile) -> None:
        """Says that a robot passes over what is lower, and which steps and ramps on its way are walls."""
        low, shapes = file.shapes(spec.robot_body, spec.pose)
        if low > _HIGH_M:
            message = (
                f"all of '{spec.robot_body}' that can touch is {100 * low:.0f} cm or more above the floor: "
            )
            message += "it passes over what is lower"
            hint = "let it stand lower in the file, or in a stored pose that 'pose' names"
            self._reader.problems.warn(node, "high-robot", message, hint)
        chosen = {*spec.labels, *spec.barrier}
        targets = {target for knob in spec.knobs.values() for target in knob.targets}
        fixed = [
            shape
            for shape in shapes
            if chosen.isdisjoint(shape.names)
            and not any(_moves(target, name) for target in targets for name in shape.names)
        ]
        start = spec.robot.start[:2]
        for wall in walls_in_the_way(fixed, start, spec.goal, spec.robot.radius_m, low):
            what = f"is {100 * wall.top_m:.0f} cm high"
            if wall.slope_deg is not None:
                what = f"rises by {wall.slope_deg:.0f} degrees"
            message = (
                f"'{wall.name}' {what} across the straight way to the goal, and the robot climbs nothing: "
            )
            message += "it is a wall"
            hint = "let it touch nothing if it is to be driven over; nothing to do if it is an obstacle"
            self._reader.problems.warn(node, "low-wall", message, hint)

    def _spec(self, kind: str, world: Written[NativeKeys], file: NativeFile) -> NativeSpec | None:
        reader, fields = self._reader, world.nodes
        robot = read_keys(reader, fields.get("robot"), RobotKeys, "the robot")
        body, pose = (robot.keys.body, robot.keys.pose) if robot is not None else (None, None)
        at = robot.keys.camera if robot is not None else None
        mounted = self._mounted(at) if isinstance(at, MappingNode) else None
        camera_name = None if isinstance(at, MappingNode) else reader.text(at, "the name of a camera")
        facts = self._facts(robot.nodes, file, body, pose) if robot and body else None
        if facts is not None and camera_name:
            seen = self._ask(at, lambda: file.camera(camera_name, body or ""))
            mounted = _camera(seen) if seen is not None else None
        goal = self._goal(fields.get("goal"), file)
        labels = self._names(fields.get("labels"), file, "a mapping of bodies or shapes to classes")
        robot_body = body if facts is not None and body else ""
        barrier = self._names(
            fields.get("barrier"), file, "a mapping of bodies or shapes to words", stops=robot_body
        )
        asked = fields.get("pushes") if robot_body else None
        ask: Callable[[str, str], None] = lambda _, pushed: file.pushable(pushed, robot_body)  # noqa: E731
        pushes = read_pushes(reader, asked, self._sim, ask, self.report)
        pushed = (key for name, push in pushes.items() for key in push.parameters(name))
        knobs = SetReader(reader, file, robot_body, (REPEAT, *pushed)).read(fields.get("set"))
        if goal is not None and isinstance(at_goal := fields["goal"], ScalarNode):
            self._check_goal(at_goal, file, knobs)
        open_from = self._open_from(fields.get("open_from"), list(knobs))
        placing = PlacingReader(reader, file, self.report, robot_body, knobs).read(fields)
        for name in barrier:
            if any(name in one.names for one in placing.objects.values()):
                message = f"'{name}' closes the way, and place would put it anywhere"
                reader.problems.at(fields["barrier"], "wrong-value", message, "take it out of objects")
        if robot is None or facts is None or mounted is None or goal is None or not body:
            return None
        return NativeSpec(
            kind=kind,
            file=Path(os.path.relpath(file.files[0], reader.folder)).as_posix(),
            sha256=file.sha256,
            robot_body=body,
            robot=_robot(robot.keys, facts),
            camera_name=camera_name,
            camera=mounted,
            lidar=_lidar(robot.keys.lidar),
            goal=goal,
            goal_radius_m=world.keys.goal_radius_m,
            pose=pose,
            labels=labels,
            barrier=barrier,
            open_from=open_from,
            knobs=knobs,
            files=file_hashes(file.files),
            placing=placing,
            axes=dict(ASKED_EFFECTS),
            pushes=pushes,
        )

    def _facts(self, robot: Fields, file: NativeFile, body: str, pose: str | None) -> RobotFacts | None:
        try:
            return file.robot(body, pose)
        except NativeError as error:
            self.report(robot["pose" if pose is not None and error.unknown == pose else "body"], error)
            return None

    def _ask(self, node: Node | None, question: Callable[[], T]) -> T | None:
        """An answer of the file; None when it has none, which is reported."""
        try:
            return question()
        except NativeError as error:
            if node is not None:
                self.report(node, error)
            return None

    def report(self, node: Node, error: NativeError) -> None:
        """Reports what a file has against a node."""
        hint = error.hint or (near(error.unknown, error.known) if error.unknown else "")
        self._reader.problems.at(node, CODES[error.what], error.message, hint)

    def _mounted(self, node: MappingNode) -> Camera | None:
        """A camera that the file does not have, put onto the body."""
        read = read_keys(self._reader, node, CameraKeys, "the camera")
        if read is None or not read.is_whole:
            return None
        keys = read.keys
        return Camera(
            width=keys.width,
            height=keys.height,
            vertical_fov_deg=keys.fovy_deg,
            position=keys.position,
            pitch_deg=keys.pitch_deg,
        )

    def _goal(self, node: Node | None, file: NativeFile) -> tuple[float, float] | None:
        if node is None:
            return None
        if isinstance(node, SequenceNode):
            numbers = [self._reader.number(item) for item in node.items]
            if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
                return float(numbers[0]), float(numbers[1])
            if None not in numbers:
                self._reader.wrong(node, "[x, y] in metres")
            return None
        name = self._reader.text(node, "[x, y] in metres, or the name of a point of the file")
        return self._ask(node, lambda: file.point(name)) if name else None

    def _check_goal(self, node: ScalarNode, file: NativeFile, knobs: dict[str, Knob]) -> None:
        """The goal is where the file marks it: it does not follow a mark that is moved."""
        for text in (target for knob in knobs.values() for target in knob.targets):
            if file.carries(text, node.text):
                message = (
                    f"'set' moves '{node.text}' by {text}, and the goal would stay where the file has it"
                )
                self._reader.problems.at(node, "wrong-value", message, "write the goal as [x, y]")
                return

    def _names(self, node: Node | None, file: NativeFile, wanted: str, stops: str = "") -> dict[str, str]:
        found = {}
        for key, value in self._reader.mapping(node, wanted):
            word = self._reader.text(value)
            try:
                file.require(key.text, stops)
            except NativeError as error:
                self.report(key, error)
                continue
            if word is not None:
                found[key.text] = word
        return found

    def _open_from(self, node: Node | None, known: list[str]) -> dict[str, float]:
        found = {}
        for key, value in self._reader.mapping(node, "a mapping of parameters to numbers"):
            if key.text not in known:
                message = f"'{key.text}' is no parameter of 'set'"
                self._reader.problems.at(key, "unknown-parameter", message, near(key.text, known))
                continue
            number = self._reader.number(value)
            if number is not None:
                found[key.text] = float(number)
        return found


def _moves(target: str, name: str) -> bool:
    """Whether a target says where something is, how large, or whether it is there at all."""
    _, _, attribute = f"/{target}".partition(f"/{name.removeprefix('/')}.")
    return attribute.startswith(("pos", "turn", "start", "present", "size", "xformOp"))


def _entries(node: Node | None) -> list[tuple[ScalarNode, ScalarNode]]:
    """The entries of a mapping whose values are words; what else stands there is reported elsewhere."""
    entries = node.entries if isinstance(node, MappingNode) else []
    return [(k, v) for k, v in entries if isinstance(v, ScalarNode) and isinstance(v.value, str)]


def _robot(keys: RobotKeys, facts: RobotFacts) -> Robot:
    radius = keys.radius_m
    robot = Robot(
        start=facts.start,
        radius_m=radius if radius is not None else round(facts.radius_m, 4),
        height_m=round(facts.height_m, 4),
        mass_kg=round(facts.mass_kg, 4),
    )
    limits = {name: getattr(keys, name) for name in _LIMITS}
    return replace(robot, **{name: limit for name, limit in limits.items() if limit is not None})


def _lidar(keys: LidarKeys | None) -> Lidar:
    given = {} if keys is None else {name: value for name, value in keys if value is not None}
    return replace(Lidar(), **given)


def _camera(seen: CameraFacts) -> Camera:
    return Camera(
        width=seen.width,
        height=seen.height,
        vertical_fov_deg=seen.vertical_fov_deg,
        position=seen.position,
        pitch_deg=seen.pitch_deg,
    )


def native_sources(reader: Reader) -> list[SourceFile]:
    """The files of native worlds and all that they read, in order of their paths."""
    files = {path for file in reader.native.values() if file is not None for path in file.files}
    return [
        SourceFile(path, shown_path(path), [], hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(files)
    ]
