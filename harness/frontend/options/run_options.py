"""What a user has asked for of a run, in the same words on the command line and in pytest."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.execution.planning.record_mode import RecordMode
from simgate.harness.results.latest import LATEST

if TYPE_CHECKING:
    from simgate.harness.execution.cluster.options import ClusterOptions
    from simgate.harness.packs.model import Pack

MOST_WORKERS = 100_000
"""More than this is a slip of the hand; each takes a place in memory before it is started."""
_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How packs are run; the same words on the command line and in pytest.

    Attributes:
        runs_dir: Folder in which run folders are made, and that holds the named baselines.
        workers: Worker processes; None is the simulator's default, 0 runs in this process.
        adapter: Simulator in place of the pack's; None keeps it.
        model: Model package in place of the pack's, a path or an address; None keeps it.
        policy: Trained network in place of the pack's, its ``policy.yaml`` or the folder; None keeps it.
        runtime: Perception runtime, also with its device; None takes what the machine has.
        record: Which variants leave pictures and a recording.
        latency_extra_ms: Added to every perception latency, milliseconds.
        interpreter: That of workers whose simulator has its own; None for the environment's.
        baseline: Folder or name of the run to hold this one against; None for none.
        baseline_store: Address of a shared store of named baselines; None for the one in ``runs_dir``.
        accept_difference: Names of differences to the baseline that are looked past.
        until_decided: Whether a sequential test ends the run.
        retry_infrastructure: How often what the machine has failed at is tried again.
        run_name: Name of the run's folder; None for one of time, pack and chance.
        shard: Number and count of the part that is run; None for all.
        balance_by: Run (or ``latest``, or a baseline's name) by whose durations parts are made equal, and on
            a cluster the longest variants go first; None for the baseline's, where there is one.
        cluster: Where workers run; None for this machine.
    """

    runs_dir: Path
    workers: int | None = None
    adapter: str | None = None
    model: Path | str | None = None
    policy: Path | str | None = None
    runtime: str | None = None
    record: RecordMode = "failed"
    latency_extra_ms: float = 0.0
    interpreter: str | None = None
    baseline: str | None = None
    baseline_store: str | None = None
    accept_difference: tuple[str, ...] = ()
    until_decided: bool = False
    retry_infrastructure: int = 0
    run_name: str | None = None
    shard: tuple[int, int] | None = None
    balance_by: str | None = None
    cluster: ClusterOptions | None = None

    def of_pack(self, pack: Pack, several: bool) -> RunOptions:
        """The options for one pack; with several of them each has its own run's name."""
        from simgate.harness.execution.hosts.assignment import file_stem

        if self.run_name is None or not several:
            return self
        return replace(self, run_name=f"{self.run_name}-{file_stem(pack.name)}")


def run_name(text: str) -> str:
    """A name that a run's folder can have on every file system.

    Raises:
        argparse.ArgumentTypeError: It cannot.
    """
    if not _RUN_NAME.fullmatch(text) or text == LATEST:
        raise argparse.ArgumentTypeError(
            f"{text!r} cannot be a run's name: letters, digits, '.', '_' and '-', a letter or digit first, "
            f"at most 100, and not '{LATEST}'"
        )
    return text
