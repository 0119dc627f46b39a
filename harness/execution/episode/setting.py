"""What a variant is played in: the simulator's payload, and the rates at which it is stepped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from simgate.harness.execution.episode.probes import probes_of
from simgate.harness.expansion.variant import Variant, objects_of
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.packs.worlds import measures_tasks, world_of
from simgate.harness.scoring.score import bodies_of
from simgate.harness.tasks.of_scenario import task_of
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.scene.environment import EnvironmentSite


def payload_of(pack: Pack, scenario: Scenario, variant: Variant) -> Any:
    """What the simulator builds: a scene, or a robot's world with what its task measures."""
    built: Any = world_of(pack, scenario).build(variant.parameters, objects_of(variant))
    if not measures_tasks(scenario):
        return built
    folder = Path(pack.path).parent
    task = task_of(scenario, folder)
    quantities = tuple(task.quantities.items())
    payload = built.asked(quantities, bodies_of(scenario, folder), task.allow, variant.seed)
    if isinstance(payload, EnvironmentSite):
        return replace(payload, probes=probes_of(pack, scenario), batch=pack.sim.batch)
    return payload


def timing_of(pack: Pack, scenario: Scenario) -> Timing:
    """Rates of the loop; sensors of robots on their own joints have rates of their own between commands."""
    sim = pack.sim
    return Timing(
        sim.physics_hz, sim.control_hz, sim.control_hz if measures_tasks(scenario) else sim.camera_hz
    )
