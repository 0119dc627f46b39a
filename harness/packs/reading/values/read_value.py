"""What reading a value yields: the specification, and what the checks against a world need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simgate.harness.packs.model import Scalar
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.values import ValueKind, ValueSpec
from simgate.policies.documents.nodes import Node, ScalarNode

Extremes = tuple[tuple[Scalar, Node], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """An expression over other parameters inside of a value.

    Attributes:
        node: Its text in the file.
        is_condition: It must be true or false; otherwise it has the type of the parameter.
    """

    node: ScalarNode
    is_condition: bool


@dataclass(frozen=True, slots=True)
class ReadValue:
    """A value with what the checks against a world need.

    Attributes:
        spec: The value.
        node: The value in the file.
        extremes: Values that can occur, enough to check a range: both ends of the support, or
            every choice, each with the node that says so.
        rules: Every expression in it, those of its branches included.
        branches: The plain values of a ``when``, all levels; empty otherwise.
    """

    spec: ValueSpec
    node: Node
    extremes: Extremes
    rules: tuple[Rule, ...] = ()
    branches: tuple[ReadValue, ...] = ()

    @property
    def parts(self) -> tuple[ReadValue, ...]:
        """The value itself, or the branches of which it takes one."""
        return self.branches or (self,)


ReadFunction = Callable[[Reader, Node, Node], ReadValue | None]
"""Reads the arguments of a distribution: reader, the whole value, the arguments."""


def made(
    node: Node,
    kind: ValueKind,
    extremes: Extremes,
    numbers: dict[str, float] | None = None,
    *,
    rules: tuple[Rule, ...] = (),
    branches: tuple[ReadValue, ...] = (),
    **fields: Any,
) -> ReadValue:
    """A value; ``fields`` are further fields of its specification."""
    spec = ValueSpec(kind=kind, numbers=numbers or {}, line=node.line, column=node.column, **fields)
    return ReadValue(spec, node, extremes, rules, branches)
