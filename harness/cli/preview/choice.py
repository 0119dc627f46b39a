"""Which variants a preview shows, and which of their parameters it names."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence

from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack, Scalar

NAMED = 3


def spread(variants: Sequence[Variant], count: int) -> list[Variant]:
    """At most ``count`` variants, the same number of each scenario as far as possible, evenly spaced.

    When a scenario has fewer than its share, the others get what is left.
    """
    groups: dict[str, list[Variant]] = {}
    for variant in variants:
        groups.setdefault(variant.scenario, []).append(variant)
    room = dict.fromkeys(groups, 0)
    left = min(count, len(variants))
    while left:
        for name, group in groups.items():
            if left and room[name] < len(group):
                room[name] += 1
                left -= 1
    return [variant for name, group in groups.items() for variant in _evenly(group, room[name])]


def _evenly(group: Sequence[Variant], count: int) -> list[Variant]:
    if count <= 1:
        return list(group[:count])
    step = (len(group) - 1) / (count - 1)
    return [group[round(index * step)] for index in range(count)]


def is_number(value: Scalar) -> bool:
    """Whether a value has an order; booleans are words here."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def columns(variants: Sequence[Variant]) -> dict[str, list[Scalar]]:
    """Values of every parameter that takes more than one value, by name; numbers of placed objects too."""
    found: dict[str, dict[str, list[Scalar]]] = {}
    groups = {(variant.scenario, item.group) for variant in variants for item in variant.placed}
    for variant in variants:
        placed = Counter(item.group for item in variant.placed)
        objects = {f"{group} (objects)": placed[group] for name, group in groups if name == variant.scenario}
        for name, value in (variant.parameters | objects).items():
            found.setdefault(name, {}).setdefault(variant.scenario, []).append(value)
    merged = {name: _varied(scenarios) for name, scenarios in sorted(found.items())}
    return {name: values for name, values in merged.items() if len(set(values)) > 1}


def _varied(scenarios: Mapping[str, list[Scalar]]) -> list[Scalar]:
    """Values of the scenarios that draw the parameter; of all when each of them fixes it.

    A scenario that leaves a parameter at its default would hide the others' distribution behind one bar.
    """
    drawn = [values for values in scenarios.values() if len(set(values)) > 1]
    return [value for values in drawn or scenarios.values() for value in values]


def log_parameters(pack: Pack) -> set[str]:
    """Parameters that some scenario draws on a log scale."""
    return {
        name
        for scenario in pack.scenarios
        for name, spec in scenario.parameters.items()
        if spec.kind == "log_uniform"
    }


def key_parameters(variant: Variant, values: Mapping[str, Sequence[Scalar]]) -> list[tuple[str, Scalar]]:
    """The parameters of a variant that are most unusual among ``values``, most unusual first.

    Args:
        variant: Whose.
        values: Columns of its own scenario, so that what the scenario fixes is not named.
    """
    ranked = [
        (-_unusual(value, values[name]), name, value)
        for name, value in variant.parameters.items()
        if name in values
    ]
    return [(name, value) for _, name, value in sorted(ranked, key=lambda item: item[:2])[:NAMED]]


def _unusual(value: Scalar, values: Sequence[Scalar]) -> float:
    """0 in the middle or for the commonest word, 1 at the rim."""
    if value not in values:
        return 0.0
    if all(is_number(item) for item in values):
        ordered = sorted(float(item) for item in values)
        middle = bisect_left(ordered, float(value)) + bisect_right(ordered, float(value))
        return abs(middle / len(ordered) - 1)
    counts = Counter(values)
    return 1 - counts[value] / max(counts.values())
