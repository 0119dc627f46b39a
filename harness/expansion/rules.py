"""Which parameters a value is computed from, and which draws it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from simgate.harness.packs.expressions.conditions import parse
from simgate.harness.packs.values import ValueSpec


def file_stream(spec: ValueSpec) -> str:
    """Name of the stream that chooses the row of a file, shared by all its columns."""
    return f"@file:{spec.csv_file}"


class Rules:
    """Dependencies between the parameters of a scenario.

    Args:
        parameters: Specifications by name; parameters that are missing keep the world's default.
        fixed: Parameters whose value is a function of the variant's index alone (swept ones).
    """

    def __init__(self, parameters: Mapping[str, ValueSpec], fixed: frozenset[str] = frozenset()) -> None:
        self._parameters, self._fixed = parameters, fixed
        self._inputs = {name: frozenset(_inputs(spec)) for name, spec in parameters.items()}

    def ordered(self, names: Iterable[str]) -> list[str]:
        """These parameters and all that they are computed from, each after what it needs."""
        result: dict[str, None] = {}
        for start in sorted(names):
            stack = [start]
            while stack:
                name = stack[-1]
                missing = [n for n in sorted(self._inputs.get(name, ())) if n not in result]
                if missing and name not in result:
                    stack.extend(missing)
                else:
                    result.setdefault(stack.pop())
        return list(result)

    def roots(self, names: Iterable[str]) -> frozenset[str]:
        """Names of the draws that decide these parameters: parameters, and ``@file:`` for rows of files."""
        return frozenset(
            root
            for name in self.ordered(names)
            if name in self._parameters and name not in self._fixed
            for root in _own_roots(name, self._parameters[name])
        )


def _inputs(spec: ValueSpec) -> Iterator[str]:
    if spec.kind == "expr":
        yield from parse(spec.expression).names
    for case in spec.cases:
        if case.condition is not None:
            yield from parse(case.condition).names
        yield from _inputs(case.value)


def _own_roots(name: str, spec: ValueSpec) -> Iterator[str]:
    if spec.kind == "from_file":
        yield file_stream(spec)
    elif spec.kind == "when":
        for case in spec.cases:
            yield from _own_roots(name, case.value)
    elif spec.kind not in ("constant", "expr"):
        yield name
