"""The order of a run that a sequential test may end: fixed before it starts, by nothing but the pack's seed.

Variants are drawn from the whole pack in a random order, so that any beginning of it is a fair sample of all
scenarios. Pinned variants run first, because they always run, and count where the draw has put them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simgate.harness.expansion.log_parts import overlapping_parts
from simgate.harness.expansion.scene_key import SceneKeys
from simgate.harness.expansion.sequences.streams import Streams
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack


class DependentVariants(Exception):  # noqa: N818 - the name says what happened
    """Variants of one scene are no independent trials; the message names the scenario."""


def counting_order(pack: Pack, variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """The variants in the order in which they count.

    Args:
        pack: Name and seed decide the order, and nothing else.
        variants: Of this pack.

    Raises:
        DependentVariants: Variants share scenes, which a sequential test does not allow for.
    """
    # A pin of what is still drawn is the same simulation; the gate counts it once.
    once = {(variant.scenario, variant.digest): variant for variant in variants}
    keys, seen = SceneKeys(pack), set[str]()
    parts = overlapping_parts(pack, once.values())
    for variant in once.values():
        scene = parts.get(variant.id) or keys.key(variant)
        if scene in seen:
            raise DependentVariants(
                f"--until-decided needs variants of different scenes, but some of {variant.scenario} share a "
                "scene (they differ in light, camera, noise or latency at most, or show parts of a log that "
                "overlap); run without --until-decided, which takes each scene for one unit of proof"
            )
        seen.add(scene)
    return random_order(pack, variants, "@until-decided")


def random_order(pack: Pack, variants: Sequence[Variant], purpose: str) -> tuple[Variant, ...]:
    """The variants in an order that only the pack's name and seed and the purpose decide."""
    keys = Streams(pack.name, "", pack.seed)[purpose].uniform(np.arange(len(variants)))
    made = list(variants)  # An expansion would make a whole block of variants for each that is asked for.
    return tuple(made[place] for place in np.argsort(keys, kind="stable").tolist())


def running_order(pack: Pack, counted: Sequence[Variant]) -> tuple[Variant, ...]:
    """The order in which variants are handed out: pinned ones, then as they count."""
    sampled = {scenario.id: scenario.variants.count for scenario in pack.scenarios}
    return tuple(sorted(counted, key=lambda variant: variant.index < sampled[variant.scenario]))
