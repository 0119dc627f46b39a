"""Reads tasks: signals against the file and conditions over the signals, or code by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from simgate.harness.packs.checks.check_plugin import TASKS, load_plugin, named_plugin
from simgate.harness.packs.checks.check_traits import check_quantity
from simgate.harness.packs.checks.vocabulary import read_options
from simgate.harness.packs.expressions.held import Condition
from simgate.harness.packs.language.definition import keys_of
from simgate.harness.packs.model import CodedTask, TaskSpec, TouchSpec
from simgate.harness.packs.reading.worlds.read_jointed import Report, plain_of
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.harness.registry import is_there
from simgate.policies.documents.nodes import Node, ScalarNode, SequenceNode
from simgate.sim_adapters.quantities import Quantity, read_quantity
from simgate.sim_adapters.traits import AdapterTraits
from simgate.sim_adapters.worlds.native_file import NativeError

_CONDITIONS = ("success", "failure", "end")


def read_coded_task(reader: Reader, node: Node) -> tuple[Any, CodedTask] | None:
    """A task that is code, by its name, and what a checked pack keeps of it; problems are reported."""
    name = named_plugin(reader, node, TASKS)
    if not name or not is_there(TASKS, name, reader.folder):
        return None
    task = load_plugin(reader.problems, node, TASKS, name, reader.folder)
    if task is None:
        return None
    signals = {signal.name: signal.quantity for signal in task.signals}
    return task, CodedTask(code=name, signals=signals, fact_names=tuple(task.facts))


def read_driving_task(reader: Reader, node: Node) -> CodedTask | None:
    """The task of a driving robot, which is code; problems are reported."""
    found = read_coded_task(reader, node)
    if found is None:
        return None
    task, kept = found
    what = [name for name in ("quantities", "allow") if getattr(task, name)]
    if what:
        message = f"task '{kept.code}' has {' and '.join(what)}, which are for robots on their own joints"
        reader.problems.at(node, "wrong-value", message, "read truth.pose, truth.twist and its like")
        return None
    return kept


def _infos(text: str | None) -> list[str]:
    """Names of an environment's info in a condition."""
    return re.findall(r"\binfo\.[\w.]*\w", text or "")


class Measurable(Protocol):
    """What tasks ask; see :class:`simgate.sim_adapters.worlds.native_file.JointedFile`."""

    def quantity(self, quantity: Quantity) -> None:
        """Makes sure that it has what a quantity is of."""

    def touch(self, first: str, second: str) -> None:
        """Makes sure that it has two bodies or shapes."""


class TaskReader:
    """Reads tasks.

    Args:
        reader: Typed access to nodes.
        report: Reports what a file has against a node.
        adapter: The pack's simulator.
        traits: What it declares; None does not ask whether it measures the signals.
        given: Signals that an environment's task has anyway; None for robots, whose tasks need a success.
    """

    def __init__(
        self,
        reader: Reader,
        report: Report,
        adapter: str,
        traits: AdapterTraits | None,
        given: Mapping[str, dict[str, Any]] | None = None,
    ) -> None:
        self._reader, self._report = reader, report
        self._adapter, self._traits = adapter, traits
        self._given = given

    def read(self, node: Node, jointed: Measurable | None) -> TaskSpec | CodedTask | None:
        """The task; None when something is missing or wrong, which is reported.

        Args:
            node: What the pack says.
            jointed: The robot that shall do it; None checks no names.
        """
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            return self._coded(node, jointed)
        reader, before = self._reader, len(self._reader.problems)
        read = read_keys(reader, node, TaskSpec, "the task")
        if read is None:
            return None
        self._require(node, read.nodes)
        signals = {**(self._given or {}), **self._signals(read.nodes.get("signals"), jointed)}
        texts = {word: getattr(read.keys, word) for word in _CONDITIONS if word in read.nodes}
        if self._given is not None:
            signals |= {name: {"info": name[5:]} for text in texts.values() for name in _infos(text)}
        flags = [name for name, quantity in signals.items() if "info" in quantity]
        for word, text in texts.items():
            try:
                if (
                    text is not None
                    and Condition.read(text, tuple(signals), flags).at_end
                    and word != "success"
                ):
                    raise ValueError("only success is asked when the episode is over")
            except ValueError as error:
                hint = "" if self._given is None else "what the environment's info tells is named info.KEY"
                reader.problems.at(read.nodes[word], "expression", f"{word}: {error}", hint)
        facts = read_options(reader, read.nodes.get("facts"), "the task", lambda: None)
        touch = self._touch(read.nodes.get("touch"), jointed)
        if not read.is_whole or len(reader.problems) > before:
            return None
        return TaskSpec.model_validate(
            {**dict(read.keys), "signals": signals, "facts": facts, "touch": touch}
        )

    def _require(self, node: Node, nodes: Fields) -> None:
        """A robot's task needs signals and success; that of an environment has its rewards."""
        if self._given is not None:
            return
        for name in ("signals", "success"):
            if name not in nodes:
                hint = f"add {name}: {keys_of(TaskSpec)[name].meaning}"
                self._reader.problems.at(node, "missing-key", f"the task has no '{name}'", hint)

    def _coded(self, node: Node, jointed: Measurable | None) -> CodedTask | None:
        """A task that is code, with what it asks of the file."""
        before = len(self._reader.problems)
        found = read_coded_task(self._reader, node)
        if found is None:
            return None
        task, kept = found
        for name, quantity in task.quantities.items():
            self._ask(node, name, quantity, jointed)
        for pair in task.allow:
            self._may_touch(node, pair, jointed)
        return kept if len(self._reader.problems) == before else None

    def _ask(self, node: Node, name: str, quantity: Quantity, jointed: Measurable | None) -> None:
        """Whether simulator and file have what a quantity is of."""
        if self._traits is not None:
            check_quantity(self._reader.problems, node, name, quantity, self._adapter, self._traits)
        try:
            if jointed is not None:
                jointed.quantity(quantity)
        except NativeError as error:
            self._report(node, error)

    def _may_touch(self, node: Node, pair: Sequence[str], jointed: Measurable | None) -> None:
        """Whether the file has two bodies or shapes."""
        try:
            if jointed is not None:
                jointed.touch(*pair)
        except NativeError as error:
            self._report(node, error)

    def _signals(self, node: Node | None, jointed: Measurable | None) -> dict[str, dict[str, Any]]:
        """Every signal with a name, so that one wrong quantity is one message."""
        found = {}
        for key, value in self._reader.mapping(node, "a mapping of signals to quantities"):
            if self._reader.name(key, "a signal's name") is None:
                continue
            found[key.text] = written = plain_of(value)
            if self._given is not None and self._taken(key.text, written) != written:
                message = f"'{key.text}' is already a signal of the environment, which tells it"
                self._reader.problems.at(key, "wrong-value", message, "give this one another name")
            try:
                if not isinstance(written, dict):
                    raise ValueError("a quantity is a mapping, for example {position: body/trunk, axis: z}")
                self._ask(value, key.text, read_quantity(written), jointed)
            except ValueError as error:
                self._reader.problems.at(value, "wrong-value", f"signal '{key.text}': {error}")
        if node is not None and not found:
            self._reader.problems.at(
                node, "wrong-value", "the task has no signals", "add one it is judged by"
            )
        return found

    def _taken(self, name: str, written: Any) -> Any:
        """What a signal of that name is in every environment; as it is written where the name is free."""
        return {"info": name[5:]} if name.startswith("info.") else (self._given or {}).get(name, written)

    def _touch(self, node: Node | None, jointed: Measurable | None) -> TouchSpec:
        read = read_keys(self._reader, node, TouchSpec, "touch")
        if read is None or "allow" not in read.nodes:
            return TouchSpec()
        pairs = []
        for item in self._reader.items(read.nodes["allow"], "a list of pairs"):
            names = self._reader.texts(item, "[one, other]") if isinstance(item, SequenceNode) else ()
            if len(names) != 2:
                self._reader.wrong(item, "[one, other], two bodies or shapes")
                continue
            self._may_touch(item, names, jointed)
            pairs.append((names[0], names[1]))
        return TouchSpec(allow=tuple(pairs))
