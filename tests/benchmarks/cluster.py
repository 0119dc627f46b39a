"""What a Ray cluster costs over the local executor, with the same workers on the same machine.

``python -m tests.benchmarks.cluster [--variants 300] [--workers 2] [--rounds 2]``: short episodes of the shipped
office pack by both executors in turns, the second time in the other order, and the ratio of their times from the
first record to the last, so that start-up is apart. By the clock: only a machine that does nothing else gives
numbers that mean something. Ends with 1 where a digest differs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from simgate.harness.execution.cluster.options import ClusterOptions
from simgate.harness.execution.engine import execute
from simgate.harness.execution.events import Event, VariantFinished
from simgate.harness.execution.planning.plan import plan_run
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import Pack
from simgate.harness.scoring import metrics
from tests.benchmarks.overhead import use_software_gl

PACK = Path(__file__).resolve().parents[2] / "scenarios" / "office_doors" / "pack.yaml"
SCENARIO = "open_doorway"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--variants", type=int, default=300, help="default: 300")
    parser.add_argument("--workers", type=int, default=2, help="default: 2")
    parser.add_argument("--rounds", type=int, default=2, help="of both executors (default: 2)")
    parser.add_argument(
        "--seconds", type=float, default=2.0, help="of an episode at most, simulated (default: 2)"
    )
    args = parser.parse_args()
    import ray

    use_software_gl()
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # Else a token is left in the home folder.
    os.environ.setdefault("RAY_worker_niceness", "0")  # Else other work on the machine goes before it alone.
    ray.init(num_cpus=args.workers, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    whole = load_pack(PACK, metrics)
    (scenario,) = (one for one in whole.scenarios if one.id == SCENARIO)
    sim = whole.sim.model_copy(update={"time_limit_s": args.seconds})
    pack = whole.model_copy(update={"sim": sim, "scenarios": (scenario,)})
    variants = expand_scenario(pack, scenario, args.variants)
    times: dict[str, list[float]] = {"local": [], "ray": []}
    digests: dict[str, set[str]] = {}
    for number in range(args.rounds):
        for name in sorted(times, reverse=bool(number % 2)):
            cluster = ClusterOptions() if name == "ray" else None
            took, found = one_run(pack, variants, args.workers, cluster)
            times[name].append(took)
            for variant, digest in found.items():
                digests.setdefault(variant, set()).add(digest)
            print(f"{name:>5}  {took:6.1f} s from the first record to the last", flush=True)
    ray.shutdown()
    ratio = statistics.fmean(times["ray"]) / statistics.fmean(times["local"])
    differ = sum(len(found) > 1 for found in digests.values())
    print(
        f"ray / local  {ratio:.3f}; {args.workers} workers, {args.variants} variants, {differ} digests differ"
    )
    return int(differ > 0)


def one_run(
    pack: Pack, variants: list[Variant], workers: int, cluster: ClusterOptions | None
) -> tuple[float, dict[str, str]]:
    """Seconds from the first record to the last, and the digests."""
    moments: list[float] = []

    def note(event: Event) -> None:
        if isinstance(event, VariantFinished):
            moments.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        plan = plan_run(pack, variants=variants, runs_dir=Path(folder), hosts=workers, record="none")
        stopped = execute(replace(plan, cluster=cluster), [note])
        if stopped or len(moments) != len(variants):
            raise SystemExit(f"{len(moments)} of {len(variants)} variants: {stopped}")
        found = {record.variant: record.trace_digest for record in plan.folder.records()}
    return moments[-1] - moments[0], found


if __name__ == "__main__":
    sys.exit(main())
