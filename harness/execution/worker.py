"""Runs variants in this process: holds simulator, policy and model, and turns variants into records.

A host process is a worker with a socket; ``--workers 0`` is a worker without one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.execution.episode.models.perception_runtime import (
    all_of,
    are_deployed,
    is_deployed,
    make_runtime,
    node_model,
)
from simgate.harness.execution.episode.picture_run import PictureRun, run_pictures
from simgate.harness.execution.episode.recordings.kept_files import keep_files
from simgate.harness.execution.episode.resource_sampler import ResourceSampler
from simgate.harness.execution.episode.setting import payload_of, timing_of
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.execution.first_look import first_look
from simgate.harness.execution.hosts.assignment import Assignment, HostSetup, error_record
from simgate.harness.execution.hosts.host_log import log_traceback
from simgate.harness.execution.hosts.machine_errors import is_of_the_machine
from simgate.harness.execution.planning.adapter_options import make_adapter, make_policy
from simgate.harness.execution.planning.plan_guard import PlanGuard
from simgate.harness.execution.raised import in_one_line
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.checks.metric_catalog import Record
from simgate.harness.packs.model import Scenario
from simgate.harness.packs.worlds import is_dataset, require_planar
from simgate.harness.results.record import Outcome, RunRecord
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.scoring.resources import ResourceMonitor, ResourceUse
from simgate.harness.scoring.score import Score, records_of, score
from simgate.harness.tasks.of_scenario import task_of
from simgate.policies.perception.inference.warm_up import warm_up
from simgate.policies.perception.package import load_package
from simgate.policies.perception.preprocessing.readings import blank_inputs
from simgate.policies.perception.runtime import RuntimeInfo
from simgate.policies.policy import ABANDON, CLOSE
from simgate.sim_adapters.adapter import AdapterInfo, SimAdapter
from simgate.sim_adapters.traits import AdapterTraits, traits_of


class Worker:
    """One simulator, one policy, one model, for many variants.

    Args:
        setup: What to build.
        is_own_process: Whether this process runs nothing but variants.
        simulator: That of an earlier worker here, for the same options; None to build one.

    Raises:
        UnknownPlugin: Adapter, policy, runtime or world is not installed.
        PackageError: The model package is not in order.
        NotAsPlanned: Code, model or a file is another one than when the run was planned.
    """

    def __init__(
        self, setup: HostSetup, is_own_process: bool = True, simulator: SimAdapter | None = None
    ) -> None:
        self._setup = setup
        self._pack = pack = setup.pack
        self._folder = RunFolder(Path(setup.run_dir))
        self._metrics_asked = {c.metric for s in pack.scenarios for c in (*s.accept, *s.hard)}
        self._adapter = simulator
        self._resources = ResourceSampler()
        self._guard = PlanGuard(pack, setup.runtime, setup.parts, is_own_process)
        try:
            self._load()
        except BaseException:
            self._guard.close()
            raise

    def _load(self) -> None:
        """Policy and model, as the plan has them."""
        pack = self._pack
        folder = Path(pack.path).parent
        self._policy = make_policy(pack)
        self._guard.check_said(self._policy)
        simulated = pack.latency.mode == "simulated"
        self._models: list[LoopModel] = []
        deployed = []
        for name, path in pack.packages.items():
            package = load_package(path)
            self._guard.check_model(package, name)
            runtime = make_runtime(self._setup.runtime, package, folder)
            self._models.append(LoopModel(runtime, package.latency if simulated else None, name, package))
            deployed.append(is_deployed(runtime.describe(), package.deployed))
            if not simulated:
                # The first calls load, allocate and tune; no robot meets them in motion.
                warm_up(runtime, *blank_inputs(package, 1))
        for name, given in pack.nodes.items():
            self._models.append(node_model(pack, name, given))
            self._guard.check_said(self._models[-1].runtime, "model", name)
            deployed.append(None)
        self._runtime_info = all_of([model.runtime.describe() for model in self._models])
        self._deployed = are_deployed(deployed)
        self._guard.confirm_loaded()

    def describe(self) -> tuple[AdapterInfo, RuntimeInfo | None]:
        """What really runs. Builds and draws a small world first: some simulators know only then what they
        draw with, and one that cannot draw must end the start-up, not every variant.

        Raises:
            NotAsPlanned: Earlier hosts of the run had another version of simulator or runtime.
            UnfitAdapter: It builds no worlds that are code, and the pack has one.
        """
        adapter = self._simulator()
        require_planar(self._pack.scenarios, self._pack.sim.adapter, traits_of(adapter))
        first_look(adapter)
        info = adapter.describe()
        self._guard.check_versions(self._setup.versions, info, self._runtime_info)
        return info, self._runtime_info

    @property
    def recycle_after(self) -> int | None:
        """Variants after which the simulator asks for a fresh process (``recycle_after``), if it does."""
        return self._traits.recycle_after

    def run(
        self,
        assignments: Sequence[Assignment],
        started: Callable[[str], None],
        finished: Callable[[RunRecord], None],
    ) -> None:
        """Runs variants together in one batch of worlds; reports a record for each.

        An exception is the variant's ERROR record, its traceback goes to stderr, and the simulator is
        built anew. When several ran together, each is run again alone, so that only the guilty one pays.

        Args:
            assignments: At most ``sim.batch`` of them; run in portions where the simulator takes fewer
                worlds (``max_worlds``).
            started: Told the id of each variant before it starts.
            finished: Told each record, in the order of ``assignments``.
        """
        portions = self._portions(assignments)
        if len(portions) > 1:
            for portion in portions:
                self.run(portion, started, finished)
            return
        for assignment in assignments:
            started(assignment.variant.id)
        try:
            records = self._play(assignments)
        except (
            Exception,
            SystemExit,
        ) as error:  # In the command's own process its code would be the verdict.
            log_traceback()
            self._drop_simulator()
            self._abandon_episode()
            if len(assignments) > 1:
                for assignment in assignments:
                    self.run([assignment], _ignore, finished)
                return
            reason = f"{in_one_line(error)}; see hosts/{self._setup.number}.log"
            of_machine = is_of_the_machine(error)
            records = [error_record(self._pack, assignments[0], reason, self._setup.number, of_machine)]
        for record in records:
            finished(record)

    def without_simulator(self) -> SimAdapter | None:
        """Releases all but the simulator, which the next worker has; None where it is to build a new one."""
        simulator = None
        if self._traits.serves_further_runs:
            simulator, self._adapter = self._adapter, None
        self.close()
        return simulator

    def close(self) -> None:
        """Releases simulator and model."""
        if self._adapter is not None:
            self._adapter.close()
            self._adapter = None
        CLOSE.of(self._policy)()
        for model in self._models:
            model.runtime.close()
        self._resources.close()
        self._guard.close()

    def _portions(self, assignments: Sequence[Assignment]) -> list[Sequence[Assignment]]:
        """What runs together: as many worlds as the simulator takes; what has a task of its own by scenario,
        which says what robot and task are."""
        most = self._traits.max_worlds or len(assignments)
        portions: list[Sequence[Assignment]] = []
        for _, group in groupby(assignments, self._batched_by):
            alike = list(group)
            portions += [alike[first : first + most] for first in range(0, len(alike), most)]
        return portions

    @property
    def _traits(self) -> AdapterTraits:
        return AdapterTraits() if self._adapter is None else traits_of(self._adapter)

    def _batched_by(self, assignment: Assignment) -> str:
        scenario = self._scenario(assignment.variant)
        return scenario.id if scenario.task is not None or self._records[scenario.id] else ""

    def _simulator(self) -> SimAdapter:
        if self._adapter is None:
            self._adapter = make_adapter(self._pack.sim, Path(self._pack.path).parent)
        return self._adapter

    def _drop_simulator(self) -> None:
        """After an exception the simulator's state is unknown; it may even fail to close."""
        adapter, self._adapter = self._adapter, None
        if adapter is None:
            return
        try:
            adapter.close()
        except (Exception, SystemExit):
            log_traceback()

    def _abandon_episode(self) -> None:
        """What policy and models have begun for it (nodes, connections) ends with it."""
        begun = [model.live.abandon for model in self._models if model.live is not None]
        for abandon in (ABANDON.of(self._policy), *begun):
            try:
                abandon()
            except Exception:
                log_traceback()

    def _play(self, assignments: Sequence[Assignment]) -> list[RunRecord]:
        self._guard.before_batch()
        clock = LapClock()
        first = self._scenario(assignments[0].variant)
        variants = [assignment.variant for assignment in assignments]
        scenes = [payload_of(self._pack, self._scenario(variant), variant) for variant in variants]
        self._resources.begin()
        with ResourceMonitor(self._metrics_asked) as monitor:
            shown = self._shown(first, variants, scenes, clock)
        episodes = [one.episode for one in shown]
        clock.lap("record")
        use = monitor.use()
        judged = [self._judge(v, e, use) for v, e in zip(variants, episodes, strict=True)]
        clock.lap("scoring")
        files = [
            keep_files(self._folder, self._setup.record, v, e, s)
            for v, e, s in zip(variants, episodes, judged, strict=True)
        ]
        clock.lap("pictures")
        digests = [episode.trace.digest() for episode in episodes]
        clock.lap("digest")
        self._guard.after_batch()
        share = 1.0 / len(assignments)
        return [
            self._record(a, e.episode, s, digest, kept, clock, share).model_copy(update=dict(e.sums))
            for a, e, s, digest, kept in zip(assignments, shown, judged, digests, files, strict=True)
        ]

    def _shown(
        self, scenario: Scenario, variants: Sequence[Variant], scenes: Sequence[Any], clock: LapClock
    ) -> list[PictureRun]:
        """What the variants of a portion leave behind; with sums where they are pictures of a data set."""
        if is_dataset(scenario):
            return run_pictures(self._models, scenes, self._pack.sim.physics_hz, clock)
        cast = Cast(
            adapter=self._simulator(),
            policy=self._policy,
            models=self._models,
            extra_ms=self._pack.latency.extra_ms,
            task=task_of(scenario, Path(self._pack.path).parent),
            timing=timing_of(self._pack, scenario),
            time_limit_s=self._pack.sim.time_limit_s,
            records=self._records[scenario.id],
        )
        seeds, policy_seeds = [v.seed for v in variants], [v.policy_seed for v in variants]
        return [PictureRun(one) for one in run_episodes(cast, scenes, seeds, policy_seeds, clock)]

    @cached_property
    def _records(self) -> dict[str, frozenset[Record]]:
        """What the criteria of each scenario need of a trace that not every trace holds. What others ask
        stays out: a digest is of the trace, and a variant's identity tells of its own scenario alone."""
        folder = Path(self._pack.path).parent
        return {scenario.id: records_of(scenario, folder) for scenario in self._pack.scenarios}

    def _judge(self, variant: Variant, episode: Episode, use: ResourceUse) -> Score:
        scenario = self._scenario(variant)
        return score(
            scenario,
            episode.trace,
            episode.latency,
            variant.parameters,
            resources=use,
            folder=Path(self._pack.path).parent,
        )

    def _scenario(self, variant: Variant) -> Scenario:
        return self._pack.scenario(variant.scenario)

    def _record(
        self,
        assignment: Assignment,
        episode: Episode,
        judged: Score,
        digest: str,
        kept: tuple[dict[str, str], tuple[str, ...]],
        clock: LapClock,
        share: float,
    ) -> RunRecord:
        variant, trace, info = assignment.variant, episode.trace, self._runtime_info
        return RunRecord(
            variant=variant.id,
            scenario=variant.scenario,
            severity=self._scenario(variant).severity,
            variant_digest=variant.digest,
            identity=assignment.identity,
            outcome=judged.outcome,
            reason=judged.reason,
            criteria=judged.criteria,
            hard=judged.hard,
            metrics=judged.metrics,
            parameters=variant.parameters,
            seed=variant.seed,
            policy_seed=variant.policy_seed,
            trace_digest=digest,
            sim_s=float(trace.times_s[-1]),
            wall_s=clock.total_s * share,
            phases_s={phase: seconds * share for phase, seconds in clock.seconds.items()},
            latency=episode.latency,
            end=trace.end,
            report=trace.report,
            known_issue=judged.known_issue,
            attempts=assignment.attempt,
            infrastructure=judged.outcome is Outcome.INVALID and episode.renderer_failed,
            host=self._setup.number,
            node=self._setup.node,
            runtime=f"{info.runtime} {info.version} {info.device}" if info else "",
            runtime_deployed=self._deployed,
            resources=self._resources.summary(),
            artifacts=kept[0],
            notes=kept[1],
        )


def _ignore(_: str) -> None:
    """The variant was announced when its batch started."""
