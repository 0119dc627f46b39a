"""Variants played in this process, for what they show: frames, truth and answers, without a run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
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
from simgate.harness.execution.raised import CannotPlay, in_one_line
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack
from simgate.harness.packs.worlds import is_dataset
from simgate.harness.tasks.of_scenario import task_of
from simgate.policies.perception.package import load_package
from simgate.policies.policy import Policy
from simgate.sim_adapters.adapter import SimAdapter
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
        CannotPlay: A variant has no scene, or its episode ended in an error.
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
            try:
                episode = _episode(pack, variant, adapter, policy, models)
            except (OSError, MemoryError):
                raise
            except (Exception, SystemExit) as error:  # The code of a policy that ends would be the command's.
                raise CannotPlay(f"{variant.id} cannot be shown: {in_one_line(error)}") from error
            yield variant, episode
    finally:
        adapter.close()
        for model in models:
            model.runtime.close()


def _episode(
    pack: Pack, variant: Variant, adapter: SimAdapter, policy: Policy, models: Sequence[LoopModel]
) -> Episode:
    scenario = pack.scenario(variant.scenario)
    payload, timing = payload_of(pack, scenario, variant), timing_of(pack, scenario)
    if is_dataset(scenario):
        return run_pictures(models, [payload], timing.physics_hz, LapClock())[0].episode
    task, limit_s = task_of(scenario, Path(pack.path).parent), pack.sim.time_limit_s
    cast = Cast(adapter, policy, models, pack.latency.extra_ms, task, timing, limit_s, exact_frames=True)
    return run_episodes(cast, [payload], [variant.seed], [variant.policy_seed], LapClock())[0]
