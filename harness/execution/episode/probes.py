"""The variants in which an environment is asked whether what is set in it changes anything."""

from __future__ import annotations

from typing import Any

from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.packs.worlds import world_of
from simgate.sim_adapters.scene.environment import Probe
from simgate.sim_adapters.worlds.declared.environment import SEED, EnvironmentSpec

LOOKED_AT = 64
"""So many of a scenario's variants are looked through for one that has a target off its default."""
_KNOWN: dict[int, tuple[Scenario, tuple[Probe, ...]]] = {}
"""By identity of the scenario, which is kept so that it stays one."""


def probes_of(pack: Pack, scenario: Scenario) -> tuple[Probe, ...]:
    """For each target the first variant that has it off its default; the first variant always leads, and asks
    for what no variant has off its default.

    They follow from the pack alone: whichever variants a process is given, it comes to the same answer.
    """
    if id(scenario) not in _KNOWN:
        _KNOWN[id(scenario)] = scenario, _probes(pack, scenario)
    return _KNOWN[id(scenario)][1]


def _probes(pack: Pack, scenario: Scenario) -> tuple[Probe, ...]:
    spec = scenario.native
    world: Any = world_of(pack, scenario)
    assert isinstance(spec, EnvironmentSpec)
    asked = {name: knob for name, knob in spec.knobs.items() if name not in (*spec.unproven, *spec.unset)}
    variants = expand_scenario(pack, scenario, LOOKED_AT)
    first_off = {
        name: next((k for k, v in enumerate(variants) if v.parameters[name] != knob.spec.default), 0)
        for name, knob in asked.items()
    }
    found = []
    for number in sorted({0, *first_off.values()}):
        targets = [
            t for name, at in first_off.items() if at == number for t in asked[name].targets if t != SEED
        ]
        values = world.build(variants[number].parameters, ()).values
        found.append(Probe(values, tuple(targets)))
    return tuple(found)
