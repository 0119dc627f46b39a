"""Reads an environment that a team already has: how it is made, what is set in it, who runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from simgate.harness.packs.checks.check_traits import ADAPTERS
from simgate.harness.packs.language.environment import EnvironmentKeys, LabKeys
from simgate.harness.packs.language.worlds import kind_of
from simgate.harness.packs.model import CodedTask, PinnedVariant, SimSpec, TaskSpec
from simgate.harness.packs.reading.read_task import TaskReader
from simgate.harness.packs.reading.worlds.read_axes import asked_for, warn_of_delays
from simgate.harness.packs.reading.worlds.read_jointed import plain_of
from simgate.harness.packs.reading.worlds.read_native import CODES
from simgate.harness.packs.reading.worlds.read_native_set import SetReader
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.harness.packs.values import ValueSpec
from simgate.harness.registry import is_there
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode, Node
from simgate.sim_adapters.environments.opened import OpenedEnvironment, OpenedTask
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.sensors.axes import DELAYS
from simgate.sim_adapters.worlds.declared.environment import (
    INSTRUCTION,
    WORDINGS,
    EnvironmentSpec,
    EnvironmentWorld,
)
from simgate.sim_adapters.worlds.declared.repeated import REPEAT
from simgate.sim_adapters.worlds.native_file import NativeError

_EARNED = {"reward": {"reward": True}, "return": {"return": True}}
"""Signals of every environment."""
_PLAIN = (bool, int, float, str)
_OPENED: dict[str, type[OpenedEnvironment]] = {"env": OpenedEnvironment, "isaaclab": OpenedTask}
_OF_TASKS = ("assets", "device", "physics", "renderer")
_SAME_S = 1e-3
"""So far apart may a period of control and the environment's own step be, as a share."""


class EnvironmentReader:
    """Reads such worlds of a pack.

    Args:
        reader: Typed access to nodes.
        sim: The pack's simulator and rates.
    """

    def __init__(self, reader: Reader, sim: SimSpec) -> None:
        self._reader, self._sim = reader, sim

    def read(self, node: MappingNode) -> tuple[EnvironmentWorld, OpenedEnvironment] | None:
        """The world, and the environment as it was made once; None when something is missing or wrong, which
        is reported.
        """
        reader, before = self._reader, len(self._reader.problems)
        kind: Literal["env", "isaaclab"] = "isaaclab" if kind_of(node) == "isaaclab" else "env"
        keys_of_kind: type[EnvironmentKeys] | type[LabKeys]
        keys_of_kind = LabKeys if kind == "isaaclab" else EnvironmentKeys
        read = read_keys(reader, node, keys_of_kind, "the environment")
        if read is None or kind not in read.nodes or not read.is_whole:
            return None
        keys, nodes = read.keys, read.nodes
        self._check_adapter(node, kind)
        if isinstance(keys, LabKeys):
            name = keys.isaaclab
            make: dict[str, Any] = {w: getattr(keys, w) for w in _OF_TASKS if getattr(keys, w)}
        else:
            name, make = keys.env, self._make(nodes.get("make"))
        python = self._python(nodes.get("python"), keys.python)
        if len(reader.problems) > before:
            return None
        opened = self._open(nodes[kind], kind, name, make, python, keys.camera)
        if opened is None:
            return None
        self._warn_of_rates(nodes[kind], opened)
        axes = {name: axis.spec for name, axis in opened.axes(self._sim.control_hz).items()}
        axes[INSTRUCTION] = WORDINGS
        knobs = SetReader(reader, opened, "", (REPEAT, *axes)).read(nodes.get("set"))
        for item in reader.items(nodes.get("unproven"), "a list of parameters"):
            text = reader.text(item, "a parameter of set")
            if text is not None and text not in knobs:
                message = f"'{text}' is no parameter of 'set'"
                reader.problems.at(item, "unknown-parameter", message, near(text, list(knobs)))
        if len(reader.problems) > before:
            return None
        beside = absolute(reader.folder / name).parent
        spec = EnvironmentSpec(
            file=name,
            sha256=opened.sha256(beside),
            make=tuple(make.items()),
            python=keys.python,
            keeps_time_limit=keys.own_time_limit,
            camera=keys.camera,
            clip=keys.clip,
            reproducible=keys.reproducible,
            knobs=knobs,
            unproven=tuple(keys.unproven),
            axes=axes,
            files=opened.hashes(beside),
            versions=dict(opened.said["versions"]),
            remarks=dict(opened.remarks()),
            kind=kind,
        )
        return EnvironmentWorld(spec, reader.folder), opened

    def left_out(
        self,
        node: MappingNode,
        found: tuple[EnvironmentWorld, OpenedEnvironment],
        given: Mapping[str, ValueSpec],
        pins: Sequence[PinnedVariant],
    ) -> EnvironmentSpec:
        """What the pack says, with the parameters that the scenario gives no value, which set nothing then.

        Reported are those of which nobody knows what the environment has without them: their value would be
        made up, in results and in conditions. So are those that a pinned variant alone sets: pins as
        ``simgate pin`` writes them name every parameter, also what is not set.

        Args:
            node: The world.
            found: As :meth:`read` has it.
            given: Parameters with a value.
            pins: Of the scenario.
        """
        spec, opened = found[0].spec, found[1]
        unset = tuple(name for name in spec.knobs if name not in given)
        axes = asked_for(spec.axes, given, pins)
        at = node.key(kind_of(node) or "env")
        warn_of_delays(self._reader.problems, at, given, DELAYS, self._sim.control_hz)
        if INSTRUCTION in given and not all(str(text).strip() for text in given[INSTRUCTION].choices):
            message = "an instruction without a word would be the task's own"
            self._reader.problems.at(at, "wrong-value", message, "write it out, or leave it out")
        written = node.find("set")
        entries = written[1] if written is not None else None
        for key, _ in entries if isinstance(entries, MappingNode) else ():
            if key.text not in unset:
                continue
            knob, message = spec.knobs[key.text], ""
            if not all(map(opened.has_own, knob.targets)):
                message = (
                    "has no value in this scenario, and what the environment takes without one is not known"
                )
            for pin in pins:
                if not message and pin.parameters.get(key.text, knob.spec.default) != knob.spec.default:
                    message = f"has a value in the pinned variant '{pin.id}' alone"
            if message:
                hint = f"write parameters: {{{key.text}: VALUE}}, or leave it out of 'set'"
                self._reader.problems.at(key, "missing-key", f"'{key.text}' {message}", hint)
        return replace(spec, unset=unset, axes=axes)

    def _check_adapter(self, node: MappingNode, kind: str) -> None:
        adapter, fit = self._sim.adapter, _OPENED[kind].adapters
        if adapter not in fit and is_there(ADAPTERS, adapter, self._reader.folder):
            what = "no environments" if kind == "env" else "no tasks of Isaac Lab"
            message = f"the simulator '{adapter}' runs {what}"
            able = " or ".join(f"sim: {{adapter: {name}}}" for name in fit)
            self._reader.problems.at(node.key(kind), "world-adapter", message, f"write {able}")

    def _make(self, node: Node | None) -> dict[str, Any]:
        found = {}
        for key, value in self._reader.mapping(node, "a mapping of keyword arguments to values"):
            plain = plain_of(value)
            items = plain if isinstance(plain, list) else [plain]
            if not all(isinstance(item, _PLAIN) for item in items):
                self._reader.wrong(value, "a number, a word, true, false, or a list of numbers")
                continue
            found[key.text] = tuple(plain) if isinstance(plain, list) else plain
        return found

    def _python(self, node: Node | None, written: str | None) -> str | None:
        if node is None or written is None:
            return None
        path = absolute(node.source.path.parent / written)
        if not path.is_file():
            message = f"there is no interpreter '{written}'"
            hint = "name the python of the environment's virtual environment, for example ../venv/bin/python"
            self._reader.problems.at(node, "missing-file", message, hint)
            return None
        return str(path)

    def _open(
        self, node: Node, kind: str, name: str, make: dict[str, Any], python: str | None, camera: bool
    ) -> OpenedEnvironment | None:
        """Made once for all scenarios that make it alike; its problems are reported at every use."""
        known = self._reader.environments
        # In words: True, 1 and 1.0 are equal, and not the same environment.
        same = repr((kind, name, make, python, camera))
        if same not in known:
            try:
                known[same] = _OPENED[kind](name, Path(self._reader.folder), make, python, camera)
            except NativeError as error:
                known[same] = error
        found = known[same]
        if isinstance(found, NativeError):
            self._report(node, found)
            return None
        return found

    def _report(self, node: Node, error: NativeError) -> None:
        hint = error.hint or (near(error.unknown, error.known) if error.unknown else "")
        self._reader.problems.at(node, CODES[error.what], error.message, hint)

    def task(
        self, node: Node | None, found: tuple[EnvironmentWorld, OpenedEnvironment] | None
    ) -> TaskSpec | CodedTask | None:
        """The task; it has signals ``return`` and ``reward``, and its conditions may speak of the info.

        Args:
            node: What the pack says; None for rewards alone.
            found: The environment; None checks no names.
        """
        if node is None:
            return TaskSpec(signals=_EARNED)
        reader = TaskReader(self._reader, self._report, self._sim.adapter, None, _EARNED)
        return reader.read(node, found[1] if found is not None else None)

    def _warn_of_rates(self, node: Node, opened: OpenedEnvironment) -> None:
        """Simulated time is counted in control periods, whatever the environment's own step is."""
        step_s = opened.said["step_s"]
        if not step_s or abs(step_s * self._sim.control_hz - 1.0) <= _SAME_S:
            return
        message = f"{opened.name} steps {step_s:g} s at a time, and a control period is "
        message += f"{1 / self._sim.control_hz:g} s: times and rates in the report are not the environment's"
        hint = f"write sim: {{control_hz: {round(1 / step_s)}}}" if round(1 / step_s) else ""
        self._reader.problems.warn(node, "rates", message, hint)
