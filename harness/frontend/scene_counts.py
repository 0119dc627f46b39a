"""How many scenes the variants of a pack are; the gate counts those, and not variants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.expansion.log_parts import overlapping_parts
from simgate.harness.expansion.scene_key import SceneKeys, may_share_scenes
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.results.manifest import Manifest


@dataclass(frozen=True, slots=True)
class SceneCount:
    """The variants of a scenario, and the scenes in which they lie.

    Attributes:
        variants: Sampled and pinned ones.
        scenes: Their names; None where each variant has a scene of its own.
    """

    variants: int
    scenes: frozenset[str] | None = None

    @property
    def number(self) -> int:
        """How many scenes there are."""
        return self.variants if self.scenes is None else len(self.scenes)


def count_scenes(pack: Pack, most: int | None = None) -> dict[str, SceneCount]:
    """The scenes of each scenario of a pack.

    Args:
        pack: A checked pack.
        most: Only so many sampled variants are looked at, where they may share scenes; all when None. Others
            are then taken to have scenes of their own.

    Raises:
        ExpansionError: Conditions or placement of a scenario leave nothing.
    """
    keys = SceneKeys(pack)
    return {scenario.id: _of_scenario(pack, scenario, keys, most) for scenario in pack.scenarios}


def scenes_of_run(manifest: Manifest) -> dict[str, SceneCount]:
    """The scenes of each scenario of a run, as its manifest names them."""
    found: dict[str, list[str]] = {}
    for variant in manifest.expected:
        found.setdefault(variant.scenario, []).append(variant.own_scene)
    return {name: SceneCount(len(scenes), frozenset(scenes)) for name, scenes in found.items()}


def _of_scenario(pack: Pack, scenario: Scenario, keys: SceneKeys, most: int | None) -> SceneCount:
    total = scenario.variants.count + len(scenario.pinned)
    if total < 2 or not may_share_scenes(pack, scenario):
        return SceneCount(total)
    variants = expand_scenario(pack, scenario, most)
    parts = overlapping_parts(pack, variants)
    scenes = frozenset(parts.get(variant.id) or keys.key(variant) for variant in variants)
    unseen = frozenset(f"{scenario.id} {k}" for k in range(total - len(variants)))
    return SceneCount(total, scenes | unseen) if len(scenes) < len(variants) else SceneCount(total)


def scenes_in(counts: Mapping[str, SceneCount], scenarios: Iterable[str]) -> int:
    """How many scenes these scenarios have together; one that several have is one."""
    chosen = [counts[name] for name in scenarios]
    named = frozenset().union(*(count.scenes for count in chosen if count.scenes is not None))
    return len(named) + sum(count.variants for count in chosen if count.scenes is None)
