"""Values of a scenario's parameters for given draws, over arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.distributions import draw
from simgate.harness.expansion.rules import file_stream
from simgate.harness.expansion.sequences.points import uniform_points
from simgate.harness.expansion.sequences.streams import Stream, Streams
from simgate.harness.packs.expressions.conditions import parse
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.variants import VariantsSpec

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import ParameterSpec, World

Integers = NDArray[np.int64]
Values = NDArray[Any]
Columns = dict[str, Values]

DTYPES: Mapping[str, Any] = {"number": np.float64, "integer": np.int64, "bool": np.bool_, "choice": np.str_}


def typed(parameter: ParameterSpec, value: Scalar) -> Scalar:
    """A value in the type of its parameter, so that 0 and 0.0 make the same variant."""
    converted: Scalar = DTYPES[parameter.kind](value).item()
    return converted


def _constant(parameter: ParameterSpec, value: Scalar, index: Integers) -> Values:
    constant: Values = np.broadcast_to(np.array(typed(parameter, value)), index.shape)
    return constant


class Evaluator:
    """Draws and computes columns.

    Args:
        parameters: Specifications by name, without cycles.
        world: Gives defaults and types.
        variants: Gives the method.
        streams: Random streams of the scenario.
    """

    def __init__(
        self, parameters: Mapping[str, ValueSpec], world: World, variants: VariantsSpec, streams: Streams
    ) -> None:
        self._parameters, self._world, self._variants = parameters, world, variants
        self._streams = streams
        self._made: dict[str, Stream] = {}

    def columns(
        self,
        names: Sequence[str],
        index: Integers,
        attempts: Mapping[str, Integers],
        given: Mapping[str, Values],
    ) -> Columns:
        """Values of parameters.

        Args:
            names: In an order in which each stands after what it is computed from.
            index: Variant indices, shape (n,).
            attempts: Draw -> attempt of each row; 0 for draws that are not in it.
            given: Columns that are decided elsewhere.

        Returns:
            Arrays of shape (n,), in the type of the world's parameter; whole numbers that an expression
            gives are still float64 here.
        """
        values: Columns = {}
        for name in names:
            spec = self._parameters.get(name)
            if name in given:
                values[name] = given[name]
            elif spec is None:
                parameter = self._world.parameters[name]
                values[name] = _constant(parameter, parameter.default, index)
            else:
                values[name] = self._value(name, spec, index, attempts, values)
        return values

    def _value(
        self,
        name: str,
        spec: ValueSpec,
        index: Integers,
        attempts: Mapping[str, Integers],
        values: Mapping[str, Values],
    ) -> Values:
        parameter = self._world.parameters[name]
        if spec.kind == "constant":
            return _constant(parameter, spec.choices[0], index)
        if spec.kind == "expr":
            return np.broadcast_to(parse(spec.expression).evaluate(values), index.shape)
        if spec.kind == "when":
            result = self._value(name, spec.cases[-1].value, index, attempts, values)
            for case in reversed(spec.cases[:-1]):
                assert case.condition is not None
                holds = parse(case.condition).evaluate(values)
                result = np.where(holds, self._value(name, case.value, index, attempts, values), result)
            return result
        root = file_stream(spec) if spec.kind == "from_file" else name
        if root not in self._made:
            self._made[root] = self._streams[root]
        stream = self._made[root]
        attempt = attempts.get(root)
        if attempt is None:
            attempt = np.zeros(index.shape, dtype=np.int64)
        drawn: Values = draw(spec, uniform_points(self._variants, stream, index, attempt))
        return drawn.astype(DTYPES[parameter.kind], copy=False)
