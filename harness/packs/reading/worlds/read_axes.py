"""What a scenario says of what may be wrong with its robot (:mod:`simgate.sim_adapters.sensors.axes`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from simgate.harness.packs.values import ValueSpec
from simgate.policies.documents.nodes import Node
from simgate.policies.documents.problems import Problems

if TYPE_CHECKING:
    from simgate.harness.packs.model import PinnedVariant
    from simgate.sim_adapters.worlds.declared.native import NativeSpec
    from simgate.sim_adapters.worlds.world import ParameterSpec


def asked_for(
    axes: Mapping[str, ParameterSpec], given: Mapping[str, ValueSpec], pins: Sequence[PinnedVariant]
) -> dict[str, ParameterSpec]:
    """Those axes that a scenario, or a pinned variant of it, gives a value; the others are no parameters."""
    named = {*given, *(name for pin in pins for name in pin.parameters)}
    return {name: one for name, one in axes.items() if name in named}


def seen_alone(spec: NativeSpec, given: Mapping[str, ValueSpec], pins: Sequence[PinnedVariant]) -> NativeSpec:
    """The world of a driving robot with those effects of its camera alone that its scenario speaks of."""
    return replace(spec, axes=asked_for(spec.axes, given, pins))


def warn_of_delays(
    problems: Problems, node: Node, given: Mapping[str, ValueSpec], names: Collection[str], control_hz: int
) -> None:
    """Reports delays in whole control periods that never reach half of one: nothing is late by them.

    Args:
        problems: Takes what is wrong.
        node: Of the world.
        given: Parameters with a value.
        names: Those that are such delays.
        control_hz: Control periods a second.
    """
    period_ms = 1000.0 / control_hz
    for name in names:
        spec = given.get(name)
        most = spec.numbers.get("high", max(spec.choices, default=None)) if spec is not None else None
        if isinstance(most, int | float) and 0.0 < most < 0.5 * period_ms:
            message = f"{name} is at most {most:g} ms, less than half a control period of {period_ms:g} ms: "
            message += "nothing is late by it"
            problems.warn(node, "rates", message, f"let it reach {period_ms:g} ms, or leave it out")
