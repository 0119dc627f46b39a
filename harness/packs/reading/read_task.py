"""Reads the task of a robot on its own joints: signals against the file, conditions over the signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simgate.harness.packs.checks.check_traits import check_quantity
from simgate.harness.packs.checks.vocabulary import read_options
from simgate.harness.packs.expressions.held import Condition
from simgate.harness.packs.model import TaskSpec, TouchSpec
from simgate.harness.packs.reading.read_jointed import Report, plain_of
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.policies.documents.nodes import Node, SequenceNode
from simgate.sim_adapters.quantities import read_quantity
from simgate.sim_adapters.traits import AdapterTraits
from simgate.sim_adapters.worlds.native_file import NativeError

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.native_file import JointedFile

_CONDITIONS = ("success", "failure", "end")


class TaskReader:
    """Reads tasks.

    Args:
        reader: Typed access to nodes.
        report: Reports what a file has against a node.
        adapter: The pack's simulator.
        traits: What it declares; None does not ask whether it measures the signals.
    """

    def __init__(self, reader: Reader, report: Report, adapter: str, traits: AdapterTraits | None) -> None:
        self._reader, self._report = reader, report
        self._adapter, self._traits = adapter, traits

    def read(self, node: Node, jointed: JointedFile | None) -> TaskSpec | None:
        """The task; None when something is missing or wrong, which is reported.

        Args:
            node: What the pack says.
            jointed: The robot that shall do it; None checks no names.
        """
        reader, before = self._reader, len(self._reader.problems)
        read = read_keys(reader, node, TaskSpec, "the task")
        if read is None:
            return None
        signals = self._signals(read.nodes.get("signals"), jointed)
        for word in _CONDITIONS:
            text = getattr(read.keys, word)
            if text is None or word not in read.nodes:
                continue
            try:
                Condition.read(text, tuple(signals))
            except ValueError as error:
                reader.problems.at(read.nodes[word], "expression", f"{word}: {error}")
        facts = read_options(reader, read.nodes.get("facts"), "the task", lambda: None)
        touch = self._touch(read.nodes.get("touch"), jointed)
        if not read.is_whole or len(reader.problems) > before:
            return None
        return TaskSpec.model_validate(
            {**dict(read.keys), "signals": signals, "facts": facts, "touch": touch}
        )

    def _signals(self, node: Node | None, jointed: JointedFile | None) -> dict[str, dict[str, Any]]:
        """Every signal with a name, so that one wrong quantity is one message."""
        found = {}
        for key, value in self._reader.mapping(node, "a mapping of signals to quantities"):
            if self._reader.name(key, "a signal's name") is None:
                continue
            found[key.text] = written = plain_of(value)
            try:
                if not isinstance(written, dict):
                    raise ValueError("a quantity is a mapping, for example {position: body/trunk, axis: z}")
                quantity = read_quantity(written)
                if self._traits is not None:
                    problems = self._reader.problems
                    check_quantity(problems, value, key.text, quantity, self._adapter, self._traits)
                if jointed is not None:
                    jointed.quantity(quantity)
            except NativeError as error:
                self._report(value, error)
            except ValueError as error:
                self._reader.problems.at(value, "wrong-value", f"signal '{key.text}': {error}")
        if node is not None and not found:
            self._reader.problems.at(
                node, "wrong-value", "the task has no signals", "add one it is judged by"
            )
        return found

    def _touch(self, node: Node | None, jointed: JointedFile | None) -> TouchSpec:
        read = read_keys(self._reader, node, TouchSpec, "touch")
        if read is None or "allow" not in read.nodes:
            return TouchSpec()
        pairs = []
        for item in self._reader.items(read.nodes["allow"], "a list of pairs"):
            names = self._reader.texts(item, "[one, other]") if isinstance(item, SequenceNode) else ()
            if len(names) != 2:
                self._reader.wrong(item, "[one, other], two bodies or shapes")
                continue
            try:
                if jointed is not None:
                    jointed.touch(*names)
            except NativeError as error:
                self._report(item, error)
            pairs.append((names[0], names[1]))
        return TouchSpec(allow=tuple(pairs))
