"""Names the scene of a variant: variants of one scene are one unit of proof, whatever their ids.

A scene is the world, its parameters but for those that the world or the pack declares as appearance (light,
camera), and the objects put into it. The seed is left out: it decides noise, lost frames and latency, and
nothing that stands or moves; but in an environment that a team has, ``reset(seed=)`` draws where everything
starts, and the seed is part of the scene. The scenario is left out too: by another name it is the same scene.
"""

from __future__ import annotations

import hashlib
import json

from simgate.harness.expansion.block import VariantBlock
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.packs.values import FRACTIONAL, ValueSpec
from simgate.harness.packs.worlds import world_of
from simgate.sim_adapters.worlds.declared.environment import SEED, EnvironmentSpec
from simgate.sim_adapters.worlds.declared.log import LogSpec

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


class SceneKeys:
    """The scenes of a pack's variants.

    Args:
        pack: A checked pack.
    """

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._known: dict[str, tuple[str, frozenset[str], bool]] = {}

    def key(self, variant: Variant) -> str:
        """16 hex digits; the same for variants of one scene."""
        world, appearance, is_seeded = self._of(variant.scenario)
        content: dict[str, object] = {
            "world": world,
            "parameters": {
                name: value for name, value in variant.parameters.items() if name not in appearance
            },
            "placed": [item.model_dump() for item in variant.placed],
        }
        if is_seeded:
            content["seed"] = variant.seed
        canonical = _CANONICAL.encode(content)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def keys(self, block: VariantBlock) -> list[str]:
        """:meth:`key` of each variant, in a quarter of the time."""
        _, appearance, is_seeded = self._of(block.scenario)
        return block.scenes(appearance, is_seeded)

    def _of(self, scenario_id: str) -> tuple[str, frozenset[str], bool]:
        if scenario_id not in self._known:
            scenario = self._pack.scenario(scenario_id)
            is_seeded = seed_makes_scene(scenario)
            self._known[scenario_id] = scenario.world, appearance_of(self._pack, scenario), is_seeded
        return self._known[scenario_id]


def seed_makes_scene(scenario: Scenario) -> bool:
    """Whether variants with different seeds are different scenes: environments draw their start from it,
    unless a parameter sets what they are given.
    """
    spec = scenario.native
    if not isinstance(spec, EnvironmentSpec):
        return scenario.imported
    return not any(SEED in knob.targets for name, knob in spec.knobs.items() if name not in spec.unset)


def appearance_of(pack: Pack, scenario: Scenario) -> frozenset[str]:
    """Parameters of a scenario that do not make another scene."""
    parameters = world_of(pack, scenario).parameters
    return frozenset(name for name, spec in parameters.items() if spec.appearance)


def may_share_scenes(pack: Pack, scenario: Scenario) -> bool:
    """Whether variants may have the same scene: they are repeated, or parts of a log, or nothing but
    appearance is drawn from a continuum."""
    if scenario.variants.repeats > 1 or isinstance(scenario.native, LogSpec):
        return True
    if seed_makes_scene(scenario):
        return False
    appearance = appearance_of(pack, scenario)
    drawn = (spec for name, spec in scenario.parameters.items() if name not in appearance)
    return not scenario.place and not any(_is_continuous(spec) for spec in drawn)


def _is_continuous(spec: ValueSpec) -> bool:
    return spec.kind in FRACTIONAL or any(_is_continuous(case.value) for case in spec.cases)
