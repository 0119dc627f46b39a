"""Reads the world of a scenario, of whichever kind it is, and the task that goes with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from simgate.harness.packs.checks.check_plugin import load_plugin, named_plugin
from simgate.harness.packs.checks.check_truth import Sight
from simgate.harness.packs.checks.check_world import check_code
from simgate.harness.packs.checks.vocabulary import Vocabulary
from simgate.harness.packs.language.worlds import Kind, kind_of
from simgate.harness.packs.model import CodedTask, PinnedVariant, SimSpec, TaskSpec
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.worlds import WORLDS
from simgate.harness.registry import is_there
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode
from simgate.sim_adapters.worlds.declared.log import LogSpec

if TYPE_CHECKING:
    from simgate.harness.packs.reading.worlds.read_native import NativeReader
    from simgate.sim_adapters.datasets.world import DatasetSpec
    from simgate.sim_adapters.worlds.declared.articulated import ArticulatedSpec
    from simgate.sim_adapters.worlds.declared.environment import EnvironmentSpec
    from simgate.sim_adapters.worlds.declared.native import NativeSpec
    from simgate.sim_adapters.worlds.world import World

    _Native = NativeSpec | ArticulatedSpec | EnvironmentSpec | DatasetSpec | LogSpec
    _LeftOut = Callable[[dict[str, ValueSpec], Sequence[PinnedVariant]], _Native]

_TASK_HINT = "add task: {signals: {NAME: QUANTITY}, success: CONDITION}"


@dataclass(frozen=True, slots=True)
class FoundWorld:
    """What a scenario says of its world; problems were reported.

    Attributes:
        world: The world; None when something is missing or wrong.
        native: What it says of a file, an environment, a log or a data set.
        name: Under which hosts find it, which need not be what it calls itself.
        task: What is asked of the robot.
        own_sight: What the robot of a native world senses, and its file.
        pictures: The variants, where the world is what they are: of a data set, of parts of a log.
        left_out: ``native`` without what a scenario does not speak of, by its parameters and pinned variants.
    """

    world: World | None = None
    native: _Native | None = None
    name: str | None = None
    task: TaskSpec | CodedTask | None = None
    own_sight: Sight | None = None
    pictures: tuple[PinnedVariant, ...] | None = None
    left_out: _LeftOut | None = None

    @property
    def sight(self) -> Sight | None:
        """What its robot sees; None where that is not known."""
        return self.own_sight or (None if self.world is None else _sight_of(self.native))


class WorldReader:
    """Reads the worlds of scenarios.

    Args:
        reader: Typed access to nodes.
        vocabulary: What the pack's model and policy know.
        sim: The pack's simulator and rates.
        task: The pack's task, for scenarios without one of their own.
    """

    def __init__(self, reader: Reader, vocabulary: Vocabulary, sim: SimSpec, task: Node | None) -> None:
        self._reader, self._vocabulary, self._sim, self._pack_task = reader, vocabulary, sim, task
        self._readers: dict[Kind, Callable[[MappingNode, Node | None], FoundWorld]] = {
            "env": self._environment, "isaaclab": self._environment,
            "log": self._log, "dataset": self._dataset,
        }  # fmt: skip

    def read(self, node: Node | None, accept: Node | None, task: Node | None) -> FoundWorld:
        """The world that a node names or describes.

        Args:
            node: What the scenario says of its world.
            accept: Its criteria.
            task: Its own task.
        """
        if isinstance(node, MappingNode):
            if (kind := kind_of(node)) is None:
                return self._native(node, accept, task)
            return self._readers[kind](node, task)
        asked = self._driving_task(task)
        name = named_plugin(self._reader, node, WORLDS)
        if node is None or not name or not is_there(WORLDS, name, self._reader.folder):
            return FoundWorld()
        check_code(self._reader.problems, node, name, self._sim.adapter)
        world = load_plugin(self._reader.problems, node, WORLDS, name, self._reader.folder)
        return FoundWorld(world, None, name if world is not None else None, asked)

    def _native(self, node: MappingNode, accept: Node | None, task: Node | None) -> FoundWorld:
        from simgate.harness.packs.reading.worlds.read_axes import seen_alone
        from simgate.harness.packs.reading.worlds.read_jointed import JointedReader, is_jointed
        from simgate.harness.packs.reading.worlds.read_native import NativeReader
        from simgate.sim_adapters.worlds.declared.articulated import ArticulatedWorld
        from simgate.sim_adapters.worlds.declared.native import NativeWorld

        judged = isinstance(accept, MappingNode) and accept.find("report_correct") is not None
        native_reader = NativeReader(self._reader, self._sim, self._vocabulary)
        described = native_reader.read(node, reports_count=judged)
        asked: TaskSpec | CodedTask | None = None
        if not is_jointed(node):
            asked = self._driving_task(task)
        elif (own := task or self._pack_task) is not None:
            asked = self._task(own, native_reader)
            described = described if asked is not None else None
        else:
            message = "a robot on its own joints needs a task, and there is none"
            self._reader.problems.at(node, "missing-key", message, _TASK_HINT)
            described = None
        spec = described.spec if described is not None else None
        sight: Sight | None = None
        left_out: _LeftOut | None = None
        if isinstance(described, ArticulatedWorld) and native_reader.jointed is not None:
            sight = Sight(described.spec.sensors, native_reader.jointed, native_reader.report)
            own_joints = JointedReader(self._reader, self._sim, native_reader.report)
            left_out = partial(own_joints.worn_alone, node, described.spec)
        elif isinstance(described, NativeWorld):
            sight = Sight(file=native_reader.file)
            left_out = partial(seen_alone, described.spec)
        name = spec.name if spec is not None else None
        return FoundWorld(described, spec, name, asked, own_sight=sight, left_out=left_out)

    def _dataset(self, node: MappingNode, task: Node | None) -> FoundWorld:
        from simgate.harness.packs.reading.worlds.read_dataset import DatasetReader

        if task is not None:
            message = "a data set has no task: nobody acts in it"
            self._reader.problems.at(task, "wrong-value", message, "leave it out")
        reader = DatasetReader(self._reader, self._sim, self._vocabulary)
        found = reader.read(node)
        if found is None:
            return FoundWorld(task=TaskSpec(), pictures=())
        world, pictures = found
        return FoundWorld(world, world.spec, world.spec.name, TaskSpec(), pictures=pictures)

    def _environment(self, node: MappingNode, task: Node | None) -> FoundWorld:
        from simgate.harness.packs.reading.worlds.read_environment import EnvironmentReader

        reader = EnvironmentReader(self._reader, self._sim)
        found = reader.read(node)
        asked = reader.task(task or self._pack_task, found)
        if found is None or asked is None:
            return FoundWorld(task=asked)
        spec, left_out = found[0].spec, partial(reader.left_out, node, found)
        return FoundWorld(found[0], spec, spec.name, asked, left_out=left_out)

    def _log(self, node: MappingNode, task: Node | None) -> FoundWorld:
        from simgate.harness.packs.reading.worlds.read_log import WATCHING, LogReader

        if task is not None:
            message = "a log is replayed as it was: nobody can be given a task in it"
            self._reader.problems.at(task, "wrong-value", message, "leave it out")
        found = LogReader(self._reader, self._sim).read(node)
        if found is None:
            return FoundWorld(task=WATCHING, pictures=() if node.find("parts") is not None else None)
        world, pictures = found
        return FoundWorld(world, world.spec, world.spec.name, WATCHING, pictures=pictures)

    def _task(self, node: Node, world: NativeReader) -> TaskSpec | CodedTask | None:
        from simgate.harness.packs.reading.read_task import TaskReader

        reader = TaskReader(self._reader, world.report, self._sim.adapter, world.traits)
        return reader.read(node, world.jointed)

    def _driving_task(self, own: Node | None) -> CodedTask | None:
        """A driving robot has its task already, and another one only as code; the pack's declaration is for
        other robots."""
        named = [node for node in (own, self._pack_task) if isinstance(node, ScalarNode)]
        if own is not None and not isinstance(own, ScalarNode):
            message = "a task is declared for robots on their own joints; a driving robot reaches its goal, "
            message += "or reports what closes the way"
            hint = "leave it out, name code of your own (task: my_task.py:NAME), or write drive: actuators "
            hint += "under robot"
            self._reader.problems.at(own, "wrong-value", message, hint)
            return None
        if not named:
            return None
        from simgate.harness.packs.reading.read_task import read_driving_task

        return read_driving_task(self._reader, named[0])


def _sight_of(native: _Native | None) -> Sight:
    """What a robot tells that is not on its own joints."""
    if native is None or native.kind not in ("env", "isaaclab", "dataset", "log"):
        return Sight()
    if native.kind == "dataset":
        from simgate.sim_adapters.datasets.world import DatasetSpec

        assert isinstance(native, DatasetSpec)
        told = native.tells
        return Sight(touches=False, labels="boxes" in told, told=told, points=tuple(native.points))
    if not isinstance(native, LogSpec):
        return Sight(touches=False)
    return Sight(touches=False, is_log=True, labels=native.is_labelled)
