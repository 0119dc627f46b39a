"""Checks a scenario against its world: parameters, ranges, regions, kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from simgate.harness.packs.expressions.conditions import KINDS, Kind, Symbol, parse, symbols_of
from simgate.harness.packs.expressions.syntax import ExpressionError
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.reading.values.read_value import ReadValue
from simgate.harness.packs.source.value_hints import distribution_hint, parameter_hint, parameter_name_hint
from simgate.harness.packs.source.written_numbers import Quantity, number_hint, quantity_of
from simgate.harness.packs.values import FRACTIONAL
from simgate.harness.packs.worlds import builds_no_code
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import Node, ScalarNode
from simgate.policies.documents.problems import Problems
from simgate.sim_adapters.worlds.world import PLACING, ROUND_KINDS, SIZABLE_KINDS, TOLD

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import ParameterSpec, World

_DRAWS = {**dict.fromkeys(FRACTIONAL, "fractions"), "integers": "whole numbers", "bool": "true or false"}
_TAKES = {
    "number": FRACTIONAL | {"integers"},
    "integer": {"integers"},
    "bool": {"bool"},
    "choice": frozenset(),
}
_KIND_WORDS = {"number": "a number", "integer": "a whole number", "bool": "true or false", "choice": "a word"}


def check_code(problems: Problems, node: Node, world: str, adapter: str) -> None:
    """Reports a simulator that builds no worlds in code."""
    if lacking := builds_no_code(adapter, world):
        hint = "write sim: {adapter: mujoco}"
        problems.at(node, "world-adapter", f"the simulator '{adapter}' {lacking}", hint)


class WorldCheck:
    """Checks against one world; without a world nothing is checked.

    Args:
        problems: Takes the diagnostics.
        world: The scenario's world, or None when it is unknown.
        elsewhere: Says of a name that is no parameter what it is, and where it belongs; empty for none.
    """

    def __init__(
        self, problems: Problems, world: World | None, elsewhere: Callable[[str], str] = lambda _: ""
    ) -> None:
        self._problems, self.world, self._elsewhere = problems, world, elsewhere

    def has(self, name: str) -> bool:
        """Whether the world has this parameter."""
        return self.world is None or name in self.world.parameters

    def quantity(self, name: str) -> Quantity:
        """What the numbers of a parameter stand for."""
        spec = self.world.parameters.get(name) if self.world is not None else None
        return quantity_of(name) if spec is None else Quantity(spec.unit, spec.high)

    def parameter(self, key: ScalarNode, value: ReadValue | None) -> None:
        """Reports an unknown parameter, and values that the world does not allow."""
        if self.world is None:
            return
        spec = self.world.parameters.get(key.text)
        if spec is None:
            message = f"world '{self.world.name}' has no parameter '{key.text}'"
            hint = parameter_name_hint(key.text, self.world.parameters)
            self._problems.at(key, "unknown-parameter", message, hint)
            return
        if key.text in TOLD.of(self.world):
            message = f"{key.text} is told by what is shown, and setting it changes nothing"
            self._problems.at(key, "wrong-value", message, "leave it out, or name it in a condition")
            return
        if value is None:
            return
        for part in value.parts:
            if part.spec.kind in _DRAWS and part.spec.kind not in _TAKES[spec.kind]:
                message = f"{key.text} is {_KIND_WORDS[spec.kind]}, "
                message += f"'{part.spec.kind}' draws {_DRAWS[part.spec.kind]}"
                self._problems.at(part.node, "wrong-type", message, distribution_hint(spec))
                continue
            for scalar, node in part.extremes:
                self._allowed(key.text, spec, scalar, node)
        for rule in value.rules:
            self.expression(rule.node, "bool" if rule.is_condition else KINDS[spec.kind])

    def _allowed(self, name: str, spec: ParameterSpec, scalar: Scalar, node: Node) -> None:
        problem = spec.problem(scalar)
        if problem is None:
            return
        hint = parameter_hint(spec, scalar)
        if spec.kind in ("number", "integer") and isinstance(scalar, str) and self._is_formula(scalar):
            hint = f'to compute it write {{expr: "{scalar}"}}'
        self._problems.at(node, "parameter-range", f"{name} {problem}", hint)

    def _is_formula(self, text: str) -> bool:
        """Whether a text can be computed from the world's parameters."""
        assert self.world is not None
        try:
            names = parse(text).names
        except ExpressionError:
            return False
        return bool(names) and names <= self.world.parameters.keys()

    def pinned(self, key: ScalarNode, scalar: Scalar, node: Node) -> None:
        """Reports what is wrong with one exact value."""
        if self.world is None:
            return
        if key.text not in self.world.parameters:
            self.parameter(key, None)
            return
        self._allowed(key.text, self.world.parameters[key.text], scalar, node)

    def region(self, node: Node, name: str) -> None:
        """Reports a region that the world does not have."""
        if self.world is not None and name not in self.world.region_names:
            message = f"world '{self.world.name}' has no region '{name}'"
            hint = near(name, self.world.region_names) or self._undeclared("surfaces")
            self._problems.at(node, "unknown-region", message, hint)

    def keep_clear(self, node: Node, name: str) -> None:
        """Reports a place to keep clear that the world does not have."""
        if self.world is not None and name not in self.world.keep_clear_names:
            message = f"world '{self.world.name}' has no place '{name}' to keep clear"
            hint = near(name, self.world.keep_clear_names) or self._undeclared("keep_clear")
            self._problems.at(node, "unknown-keep-clear", message, hint)

    def kinds(self, value: ReadValue) -> None:
        """Reports kinds of objects that the world does not have."""
        for scalar, node in value.extremes:
            self.kind(node, str(scalar))

    def kind(self, node: Node, name: str) -> None:
        """Reports a kind of object that the world does not have."""
        if self.world is not None and name not in self.world.object_kinds:
            message = f"world '{self.world.name}' has no kind of object '{name}'"
            hint = near(name, self.world.object_kinds) or self._undeclared("objects")
            self._problems.at(node, "unknown-kind", message, hint)

    def _undeclared(self, key: str) -> str:
        """What to write in the world of a file, which has what the pack declares of it."""
        return f"declare it under {key} of the world" if PLACING.of(self.world) is not None else ""

    def exact_size(self, node: Node, name: str, size: float, kind: str) -> None:
        """Reports a side or diameter that an object of a kind cannot have."""
        if self.world is None or kind not in self.world.object_kinds:
            return
        limits = SIZABLE_KINDS.of(self.world).get(kind)
        if limits is None:
            self._one_size(node, kind)
        else:
            self._within(node, f"{name} of '{kind}'", size, *limits)

    def _one_size(self, node: Node, kind: Scalar) -> None:
        assert self.world is not None
        message = f"world '{self.world.name}' has one size of '{kind}' only"
        self._problems.at(node, "fixed-size", message, "leave the size out")

    def sizes(self, node: Node, name: str, value: ReadValue, kinds: ReadValue, *, is_round: bool) -> None:
        """Reports a size that a kind of the group cannot have.

        Args:
            node: The value of the key.
            name: The key, for example ``length_m``.
            value: The sizes that can occur.
            kinds: The kinds of the group.
            is_round: The key speaks of round objects.
        """
        if self.world is None:
            return
        for kind, _ in kinds.extremes:
            if kind not in self.world.object_kinds:
                continue
            limits = SIZABLE_KINDS.of(self.world).get(str(kind))
            if limits is None:
                self._one_size(node, kind)
            elif is_round != (kind in ROUND_KINDS.of(self.world)):
                shape, keys = ("a box", "length_m and width_m") if is_round else ("round", "diameter_m")
                self._problems.at(node, "wrong-value", f"'{kind}' is {shape}: use {keys}, not {name}")
            else:
                for scalar, place in value.extremes:
                    self._within(place, f"{name} of '{kind}'", scalar, *limits)

    def _within(self, node: Node, what: str, scalar: Scalar, low: float, high: float) -> None:
        if isinstance(scalar, bool) or not isinstance(scalar, int | float):
            hint = number_hint(str(scalar), Quantity("m", high))
            self._problems.at(node, "wrong-type", f"{what} must be a number", hint)
        elif not low <= scalar <= high:
            message = f"{what} must be from {low:g} to {high:g} m, not {scalar:g}"
            self._problems.at(node, "parameter-range", message)

    def condition(self, node: ScalarNode) -> None:
        """Reports what is wrong with a condition, at its column."""
        self.expression(node, "bool")

    def expression(self, node: ScalarNode, wanted: Kind) -> None:
        """Reports what is wrong with an expression that must have a type, at its column."""
        try:
            found = parse(node.text).problems(self._symbols, wanted) if self.world else []
        except ExpressionError as error:
            found = [error]
        for problem in found:
            line, column = node.position(problem.offset)
            hint = (problem.unknown and self._elsewhere(problem.unknown)) or problem.hint
            self._problems.span(
                node.source, line, column, problem.length, "expression", problem.message, hint
            )

    @property
    def _symbols(self) -> Mapping[str, Symbol]:
        assert self.world is not None
        return symbols_of(self.world)
