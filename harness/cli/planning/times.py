"""How long variants take on this machine, from past runs or from a probe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from simgate.harness.packs.model import Pack
from simgate.harness.results.fingerprint import machine
from simgate.harness.results.journal import JournalDamaged
from simgate.harness.results.latest import run_dirs
from simgate.harness.results.record import VALID, RunRecord
from simgate.harness.results.run_folder import NotARun, RunFolder


@dataclass
class Measured:
    """Wall-clock seconds of a host for a variant.

    Attributes:
        seconds: Of each variant measured, by scenario.
        samples: Latency samples of each variant measured.
        runs: Names of the runs used.
        elsewhere: Runs of the pack that were left out, because they were made on another machine.
        other_model: Runs used whose model is not the pack's.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    samples: list[int] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    elsewhere: int = 0
    other_model: int = 0

    def of(self, scenario: str) -> float | None:
        """Mean of a scenario's variants; that of all others when it was never run; None without any."""
        own = self.seconds.get(scenario)
        every = own or [second for found in self.seconds.values() for second in found]
        return fmean(every) if every else None

    def add(self, records: Iterable[RunRecord]) -> None:
        """Takes in the records of a run."""
        for record in records:
            # Others may have hung or died at once.
            if record.outcome in VALID:
                self.seconds.setdefault(record.scenario, []).append(record.wall_s)
                self.samples.append(len(record.latency.in_loop_ms))


def past_runs(pack: Pack, runs_dir: Path) -> Measured:
    """What past runs of a pack took on this machine with the pack's simulator.

    Args:
        pack: The pack.
        runs_dir: Folder of all runs; may be absent.
    """
    measured, here = Measured(), machine()
    for path in run_dirs(runs_dir):
        folder = RunFolder(path)
        try:
            manifest = folder.manifest()
            if manifest.pack_name != pack.name or manifest.fingerprint.adapter != pack.sim.adapter:
                continue
            if manifest.fingerprint.machine != here:
                measured.elsewhere += 1
                continue
            records = folder.records()
        except (NotARun, JournalDamaged):
            continue  # A folder that cannot be read says nothing about time; `simgate gate` says why.
        if records:
            measured.add(records)
            measured.runs.append(path.name)
            measured.other_model += Pack.model_validate(manifest.pack).packages != pack.packages
    return measured


def probe(pack: Pack, variants: int, hosts: int, runs_dir: Path) -> Measured:
    """Runs the first variants of every scenario, to measure them.

    Args:
        pack: The pack.
        variants: How many of each scenario.
        hosts: Host processes, as in the run that is planned.
        runs_dir: An empty folder for the run.

    Raises:
        HostsCannotStart: No host came up.
    """
    from simgate.harness.execution.engine import execute
    from simgate.harness.execution.hosts.pool.host_pool import HostsCannotStart
    from simgate.harness.execution.planning.plan import plan_run
    from simgate.harness.expansion.expand import expand_scenario

    chosen = [variant for s in pack.scenarios for variant in expand_scenario(pack, s, variants)[:variants]]
    plan = plan_run(pack, variants=chosen, runs_dir=runs_dir, hosts=hosts, selection="probe")
    if stopped := execute(plan):
        raise HostsCannotStart(stopped)
    measured = Measured(runs=["probe"])
    measured.add(plan.folder.records())
    return measured


def minutes(pack: Pack, measured: Measured, hosts: int) -> float | None:
    """Expected minutes of the whole pack on so many hosts, without their start-up; None when not measured."""
    parts: Sequence[float | None] = [measured.of(scenario.id) for scenario in pack.scenarios]
    total = 0.0
    for scenario, seconds in zip(pack.scenarios, parts, strict=True):
        if seconds is None:
            return None
        total += seconds * variants_of(pack, scenario.id)
    return total / max(1, hosts) / 60.0


def variants_of(pack: Pack, scenario: str) -> int:
    """Sampled and pinned variants of a scenario."""
    found = pack.scenario(scenario)
    return found.variants.count + len(found.pinned)
