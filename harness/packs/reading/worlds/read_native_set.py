"""Reads ``set``: which parameters of a native world set what in its file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from math import isclose
from typing import TYPE_CHECKING, Protocol

from simgate.harness.packs.language.native import SetKeys
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.reading.values.read_values import DISTRIBUTIONS
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import Written, read_keys
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SequenceNode
from simgate.sim_adapters.worlds.declared.articulated import DELAY
from simgate.sim_adapters.worlds.declared.native import ASKED_EFFECTS, EFFECTS, START, Knob
from simgate.sim_adapters.worlds.declared.repeated import REPEAT
from simgate.sim_adapters.worlds.native_file import NativeError
from simgate.sim_adapters.worlds.world import ParameterSpec

if TYPE_CHECKING:
    from simgate.sim_adapters.scene.native import NativeValue

_OWN = (*EFFECTS, *ASKED_EFFECTS, *START, DELAY)
_FORM = "write NAME: TARGET, for example box.x_m: geom/box_1.pos.x"


class Settable(Protocol):
    """What parameters set something in, as a :class:`~simgate.sim_adapters.worlds.native_file.NativeFile`."""

    def target(self, text: str, robot: str) -> ParameterSpec:
        """What a target takes."""

    def whole(self, text: str) -> tuple[float, ...]:
        """All numbers of a target that takes several at once."""


class SetReader:
    """Reads the parameters that a pack gives to a native file.

    Args:
        reader: Typed access to nodes.
        file: The opened file.
        robot: The driving body; empty when it is not known.
        taken: Parameters that the world has besides.
    """

    def __init__(
        self, reader: Reader, file: Settable, robot: str, taken: Collection[str] = (REPEAT,)
    ) -> None:
        self._reader, self._file, self._robot, self._taken = reader, file, robot, taken

    def read(self, node: Node | None) -> dict[str, Knob]:
        """The parameters that can be read, by name; problems are reported."""
        knobs: dict[str, Knob] = {}
        for key, value in self._reader.mapping(node, "a mapping of parameters to targets"):
            knob = self._knob(value) if self._is_name(key) else None
            if knob is not None:
                self._check_once(key, knob, knobs)
                knobs[key.text] = knob
        return knobs

    def _check_once(self, key: ScalarNode, knob: Knob, before: Mapping[str, Knob]) -> None:
        """Of two parameters that set the same, only the second would do anything."""
        for name, other in before.items():
            for target in sorted({*knob.targets} & {*other.targets}):
                message = f"'{name}' sets {target} too"
                self._reader.problems.at(key, "wrong-value", message, "leave one of them out")

    def _is_name(self, key: ScalarNode) -> bool:
        if "/" in key.text:
            name = key.text.partition("/")[2].replace("/", "_")
            message = f"'{key.text}' is a target, and a parameter has a name of its own"
            hint = f"write {name}: {key.text}, and its values under parameters"
            self._reader.problems.at(key, "bad-name", message, hint)
            return False
        if key.text in _OWN or key.text in self._taken:
            whose = "every native world" if key.text in _OWN else "this world"
            message = f"{whose} has '{key.text}' already"
            self._reader.problems.at(key, "bad-name", message, "take another name")
            return False
        return self._reader.name(key, "a parameter's name") is not None

    def _knob(self, node: Node) -> Knob | None:
        if not isinstance(node, MappingNode):
            read = self._targets(node)
            return Knob(_as_it_is(read[0][1]), tuple(text for text, _ in read)) if read else None
        drawn = next((key for key, _ in node if key.text in DISTRIBUTIONS), None)
        if drawn is not None:
            message = f"'{drawn.text}' is a value, and 'set' says what is set"
            self._reader.problems.at(
                drawn, "unknown-key", message, f"{_FORM}, and the value under parameters"
            )
            return None
        written = read_keys(self._reader, node, SetKeys, "the parameter")
        read = self._targets(written.nodes["target"]) if written and "target" in written.nodes else []
        if written is None or not read:
            return None
        return self._described(written, read)

    def _targets(self, node: Node) -> list[tuple[str, ParameterSpec]]:
        """Targets with what they take; empty when one of them is wrong."""
        nodes = node.items if isinstance(node, SequenceNode) else [node]
        read: list[tuple[str, ParameterSpec]] = []
        for item in nodes:
            text = self._reader.text(item, "a target such as geom/box_1.pos.x")
            if text is None:
                return []
            try:
                spec = self._file.target(text, self._robot)
            except NativeError as error:
                hint = error.hint or near(error.unknown, error.known)
                self._reader.problems.at(item, "unknown-target", error.message, hint)
                return []
            if read and (read[0][1].kind, read[0][1].choices) != (spec.kind, spec.choices):
                message = f"{read[0][0]} takes {read[0][1].kind}, {text} takes {spec.kind}"
                self._reader.problems.at(item, "wrong-value", message, "make two parameters of them")
                return []
            if read and read[0][1].default != spec.default:
                first, own = read[0][1].default, spec.default
                message = f"the file has {read[0][0]} at {first} and {text} at {own}"
                hint = "make two parameters of them, or let the file have one value"
                self._reader.problems.at(item, "wrong-value", message, hint)
                return []
            read.append((text, spec))
        if not nodes:
            self._reader.problems.at(node, "empty-range", "'target' names nothing", _FORM)
        return read

    def _described(self, written: Written[SetKeys], read: list[tuple[str, ParameterSpec]]) -> Knob | None:
        """A parameter with a range, named values or words of its own."""
        spec, keys, fields = read[0][1], written.keys, written.nodes
        spec = replace(
            spec,
            meaning=keys.meaning or spec.meaning,
            unit=keys.unit or spec.unit,
            appearance=keys.appearance,
        )
        targets = tuple(text for text, _ in read)
        if "choices" in fields:
            values = self._choices(fields["choices"], targets[0], spec)
            if not values:
                return None
            own = self._own_word(fields["choices"], targets[0], spec, values)
            if own is None:
                return None
            named = ParameterSpec(
                "choice", own, spec.meaning, choices=tuple(values), appearance=spec.appearance
            )
            return Knob(named, targets, values)
        narrowed = self._between(fields["between"], spec) if "between" in fields else spec
        return Knob(_as_it_is(narrowed), targets) if narrowed is not None else None

    def _own_word(
        self, node: Node, target: str, spec: ParameterSpec, values: Mapping[str, NativeValue]
    ) -> str | None:
        """The word for what the file has: what a pack leaves out must not change the file."""
        whole = self._file.whole(target)
        for word, value in values.items():
            if isinstance(value, tuple):
                if all(isclose(a, b, abs_tol=1e-6) for a, b in zip(value, whole, strict=False)):
                    return word
            elif value == spec.default and not whole:
                return word
        shown = f"[{', '.join(f'{number:g}' for number in whole)}]" if whole else spec.default
        message = f"no word stands for the file's own value of {target}"
        self._reader.problems.at(node, "wrong-value", message, f"add one, for example as_is: {shown}")
        return None

    def _between(self, node: Node, spec: ParameterSpec) -> ParameterSpec | None:
        items = self._reader.items(node, "[smallest, largest]")
        ends = [self._reader.number(item) for item in items]
        if spec.kind != "number" or len(ends) != 2 or ends[0] is None or ends[1] is None:
            self._reader.wrong(node, "[smallest, largest] of a number")
            return None
        low, high = float(ends[0]), float(ends[1])
        if low > high:
            self._reader.problems.at(node, "empty-range", f"no value lies between {low:g} and {high:g}")
            return None
        for item, end in zip(items, (low, high), strict=True):
            problem = spec.problem(end)
            if problem is not None:
                self._reader.problems.at(item, "parameter-range", f"this target {problem}")
                return None
        default = float(spec.default)
        if not low <= default <= high:
            message = f"the file's own value {default:g} lies outside"
            self._reader.problems.at(node, "parameter-range", message, "widen the range, or change the file")
            return None
        return replace(spec, low=low, high=high)

    def _choices(self, node: Node, target: str, spec: ParameterSpec) -> dict[str, NativeValue]:
        values: dict[str, NativeValue] = {}
        for key, value in self._reader.mapping(node, "a mapping of words to values"):
            read = self._choice(value, target, spec)
            if read is None:
                return {}
            values[key.text] = read
        if not values and isinstance(node, MappingNode):
            self._reader.problems.at(node, "empty-range", "'choices' without a word", "write word: value")
        return values

    def _choice(self, node: Node, target: str, spec: ParameterSpec) -> NativeValue | None:
        """One named value: as the target takes it, or several numbers for a colour."""
        whole = self._file.whole(target)
        size = range(3, len(whole) + 1)
        if isinstance(node, SequenceNode):
            numbers = [self._reader.number(item) for item in node.items]
            if len(numbers) not in size or None in numbers:
                wanted = " or ".join(map(str, size))
                self._reader.wrong(node, f"{wanted} numbers" if size else "a single value")
                return None
            row = tuple(float(number) for number in numbers if number is not None)
            for number, item in zip(row, node.items, strict=True):
                problem = spec.problem(number)
                if problem is not None:
                    self._reader.problems.at(item, "parameter-range", f"this target {problem}")
                    return None
            return row
        scalar: Scalar | None = self._reader.scalar(node, "a value that the target takes")
        problem = spec.problem(scalar) if scalar is not None else None
        if problem is not None:
            self._reader.problems.at(node, "parameter-range", f"this target {problem}")
            return None
        return scalar


def _as_it_is(spec: ParameterSpec) -> ParameterSpec:
    """Where any word may be set and the pack names none, there is the one that stands there."""
    return replace(spec, choices=(str(spec.default),)) if spec.kind == "choice" and not spec.choices else spec
