"""Variants played in this process, for what they show: frames, truth and answers, without a run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.execution.episode.models.perception_runtime import (
    make_runtime,
    node_model,
    one_runtime,
)
from simgate.harness.execution.episode.picture_run import run_pictures
from simgate.harness.execution.episode.setting import payload_of, timing_of
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.execution.planning.adapter_options import make_adapter, make_policy
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack
from simgate.harness.packs.worlds import is_dataset
from simgate.harness.tasks.of_scenario import task_of
from simgate.policies.perception.package import load_package
from simgate.sim_adapters.gl import BACKEND, choose_backend


def played(pack: Pack, variants: Iterable[Variant], runtime: str) -> Iterator[tuple[Variant, Episode]]:
    """Each variant with its episode, one after the other.

    Args:
        pack: A checked pack.
        variants: Of it.
        runtime: Perception runtime, or ``auto``.

    Raises:
        UnknownPlugin: Adapter, policy or runtime is not installed.
        PackageError: The model package is not in order.
        BadPicture: A picture of a data set cannot be used.
    """
    if backend := choose_backend(os.environ):
        os.environ[BACKEND] = backend  # Simulators read it at import.
    folder = Path(pack.path).parent
    packages = {name: load_package(path) for name, path in pack.packages.items()}
    resolved = one_runtime(runtime, packages)
    models = [
        LoopModel(make_runtime(resolved, package, folder), package.latency, name, package)
        for name, package in packages.items()
    ]
    models += [node_model(pack, name, given) for name, given in pack.nodes.items()]
    adapter, policy = make_adapter(pack.sim, folder), make_policy(pack)
    try:
        for variant in variants:
            scenario = pack.scenario(variant.scenario)
            payload, timing = payload_of(pack, scenario, variant), timing_of(pack, scenario)
            if is_dataset(scenario):
                yield variant, run_pictures(models, [payload], timing.physics_hz, LapClock())[0].episode
                continue
            task, limit_s = task_of(scenario, folder), pack.sim.time_limit_s
            extra_ms = pack.latency.extra_ms
            cast = Cast(adapter, policy, models, extra_ms, task, timing, limit_s, exact_frames=True)
            seeds = [variant.seed], [variant.policy_seed]
            yield variant, run_episodes(cast, [payload], *seeds, LapClock())[0]
    finally:
        adapter.close()
        for model in models:
            model.runtime.close()
