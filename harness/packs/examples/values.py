"""Examples about values, ranges, conditions and thresholds."""

from __future__ import annotations

from simgate.harness.packs.examples.example import Example

VALUE_EXAMPLES = (
    Example(
        "unknown-distribution",
        "parameters:\n  door.distance_m: {@unifrom: [3, 8]}\n",
        "parameters:\n  door.distance_m: {uniform: [3, 8]}\n",
    ),
    Example(
        "empty-range",
        "parameters:\n  door.distance_m: {uniform: @[8, 3]}\n",
        "parameters:\n  door.distance_m: {uniform: [3, 8]}\n",
        advice="Ranges are written [low, high]. A `normal` needs a `between` that holds some of its mass.",
    ),
    Example(
        "expression",
        "where:\n  - door.distance_m @= 3\n",
        "where:\n  - door.distance_m >= 3\n",
        advice="Conditions know comparison (`< <= > >= == !=`, chains such as `1 < x <= 2`), `+ - * / % **`, "
        "`and or not`, `in ['a', 'b']`, parentheses, and the functions `abs min max sqrt hypot sin cos deg "
        "rad clip`. Words stand in quotes: `door.kind == 'glass'`.",
    ),
    Example(
        "no-variants",
        "parameters:\n"
        "  door.distance_m: {uniform: [3, 8]}\n"
        "  person.cross_at_m: {uniform: [1.5, 2.5]}\n"
        "where:\n"
        "  - @person.cross_at_m > door.distance_m\n",
        "parameters:\n"
        "  door.distance_m: {uniform: [3, 8]}\n"
        "  person.cross_at_m: {uniform: [1.5, 4.5]}\n"
        "where:\n"
        "  - person.cross_at_m < door.distance_m - 1\n",
        advice="A condition must leave at least one draw in 10,000. The message names the condition that "
        "rejects most; loosen it, or draw from narrower ranges. Objects that do not fit, and a count too "
        "small for all combinations, are reported under the same code.",
    ),
    Example(
        "threshold-type",
        "accept:\n  collisions: {at_most: @none}\n",
        "accept:\n  collisions: {at_most: 0}\n",
        advice="`simgate metrics` says of every metric whether it is a number, a word, or true or false.",
    ),
    Example(
        "threshold-range",
        "accept:\n  detection.glass_door.recall: {at_least: @90}\n",
        "accept:\n  detection.glass_door.recall: {at_least: 0.9}\n",
        advice="Shares are written from 0 to 1, not in percent.",
    ),
    Example(
        "unknown-metric",
        "accept:\n  @colisions: {at_most: 0}\n",
        "accept:\n  collisions: {at_most: 0}\n",
        advice="The unit is part of the name: `latency.p95_ms`, `stop_distance_m`. `simgate metrics` lists "
        "all.",
    ),
    Example(
        "unknown-method",
        "variants: {count: 150, method: @sobel}\n",
        "variants: {count: 150, method: sobol}\n",
    ),
)
