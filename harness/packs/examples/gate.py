"""Examples about the release gate."""

from __future__ import annotations

from simgate.harness.packs.examples.example import Example

GATE_EXAMPLES = (
    Example(
        "gate-impossible",
        "gate:\n  - {severity: critical, pass_rate: {at_least: @0.99, confidence: 0.95}}\n",
        "gate:\n  - {severity: critical, pass_rate: {at_least: 0.98, confidence: 0.95}}\n",
        level="pack",
        advice="Even if every one of the 150 variants of this pack passed, 0.99 would not be proven. To "
        "prove a pass rate at 95 % confidence without a single failure takes 29 variants for 0.90, 59 for "
        "0.95, 149 for 0.98 and 299 for 0.99. `simgate plan PACK` says what the counts of a pack can prove.",
    ),
    Example(
        "one-scene",
        "parameters: {door.kind: glass, door.distance_m: 5}\n@variants: {count: 150, method: sobol}\n",
        "parameters: {door.kind: glass, door.distance_m: {uniform: [3, 8]}}\n"
        "variants: {count: 150, method: sobol}\n",
        advice="A scene is what stands and moves: the world, its parameters and the objects put into it. "
        "Parameters that are declared as `appearance` (light, camera; `simgate worlds` names them) make no "
        "other scene, nor do noise and latency. Runs of one scene are one unit of proof, for a robot that "
        "passes it once passes it again: 150 of them prove no pass rate.",
        also=("gate-impossible",),
    ),
    Example(
        "gate-metric",
        "gate:\n  - {metric: @collisions, at_most: 0}\n",
        "gate:\n  - {metric: collisions, every_variant: {at_most: 0}}\n",
        level="pack",
        advice="A latency percentile (`latency.p95_ms` and its like, with `at_most`) is decided on all "
        "samples of all variants. Of any other metric there is one value for each variant, so the rule says "
        "how many must keep the threshold: all (`{metric: collisions, every_variant: {at_most: 0}}`), a "
        "share (`{metric: min_clearance_m, share: 0.95, within: {at_least: 0.3}}`), a percentile of them "
        "(`percentile: 5, within: {at_least: 0.3}`), or their mean (`mean: {at_least: 0.5}, clip: [0, 2]`). "
        "Against a baseline the mean of any metric with bounds can be held: "
        "`{metric: detection.person.recall, not_worse_by: 0.02}`; of one without, say which values count as "
        "they are: `clip: [0, 2]`.",
    ),
    Example(
        "gate-matches-nothing",
        'gate:\n  - {scenario: @"glas_*", pass_rate: {at_least: 0.98, confidence: 0.95}}\n',
        'gate:\n  - {scenario: "closed_*", pass_rate: {at_least: 0.98, confidence: 0.95}}\n',
        level="pack",
        advice="A rule that speaks of nothing would be green by absence.",
    ),
)
