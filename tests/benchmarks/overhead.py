"""How much the harness costs over a hand-written loop, as a ratio within one run.

``python -m tests.benchmarks.overhead [--variants N]`` runs the same variants of the office_doors pack both
ways, turn by turn so that a drifting machine hurts both, and prints the ratio of their times per variant, that
of the processor time alone (which other processes disturb less), and where the harness's time goes. The harness here is all of it: a host process, socket, truth, trace, digest,
scoring, pictures of failures, journal.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from simgate.harness.execution.hosts.pool.host_pool import HostPool
from simgate.harness.execution.planning.plan import plan_run
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.frontend.packs import load_checked
from simgate.harness.results.record import RunRecord
from simgate.sim_adapters.gl import draw_on_one_core

PACK = Path(__file__).resolve().parents[2] / "scenarios" / "office_doors" / "pack.yaml"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--variants", type=int, default=6, help="variants of each scenario (default 6)")
    parser.add_argument("--repeats", type=int, default=3, help="rounds over all of them (default 3)")
    args = parser.parse_args()
    use_software_gl()
    from simgate.policies.perception.package import load_package
    from tests.benchmarks.handwritten import Afternoon

    pack = load_checked(PACK)
    variants = expand_pack(pack, args.variants)
    by_hand = Afternoon(load_package(Path(pack.model)))
    by_hand.run(variants[0], pack.sim.time_limit_s)
    ratios, harness_s, hand_s = [], [], []
    cpu_s = {"hand": 0.0, "harness": 0.0}
    phases: dict[str, float] = defaultdict(float)
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_run(
            pack,
            variants=variants,
            runs_dir=Path(folder),
            hosts=1,
            command=("overhead",),
            selection="benchmark",
        )
        records: list[RunRecord] = []
        with HostPool(plan, hosts=1) as pool:
            pool.run(variants[:1])
            for turn in range(args.repeats):
                for number, variant in enumerate(variants):
                    first_by_hand = (number + turn) % 2 == 0
                    times = {}
                    for side in ("hand", "harness") if first_by_hand else ("harness", "hand"):
                        began, worked = time.perf_counter(), processor_s()
                        if side == "hand":
                            last_step = by_hand.run(variant, pack.sim.time_limit_s)
                        else:
                            records += pool.run([variant])
                        times[side] = time.perf_counter() - began
                        cpu_s[side] += processor_s() - worked
                    expect_same_episode(variant.id, last_step / pack.sim.physics_hz, records[-1].sim_s)
                    ratios.append(times["harness"] / times["hand"])
                    harness_s.append(times["harness"])
                    hand_s.append(times["hand"])
    for record in records:
        for name, seconds in record.phases_s.items():
            phases[name] += seconds
    report(ratios, harness_s, hand_s, phases)
    print(f"ratio of processor time  {cpu_s['harness'] / cpu_s['hand']:.3f}")
    return 0


def processor_s() -> float:
    """Processor time of this process and of its host, seconds."""
    hosts = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    # The clock of another process, as clock_getcpuclockid(3) makes it of its number.
    return time.process_time() + sum(time.clock_gettime(~int(host) << 3 | 2) for host in hosts)


def expect_same_episode(variant: str, by_hand_s: float, harness_s: float) -> None:
    """A ratio says something only when both loops did the same work."""
    if abs(by_hand_s - harness_s) > 1e-9:
        raise SystemExit(
            f"{variant}: {by_hand_s} s by hand, {harness_s} s in the harness: not the same episode"
        )


def use_software_gl() -> None:
    """The hand-written loop draws under the same conditions as a host does."""
    draw_on_one_core(os.environ)
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def report(
    ratios: list[float], harness_s: list[float], hand_s: list[float], phases: dict[str, float]
) -> None:
    total, by_hand = sum(harness_s), sum(hand_s)
    print(f"{len(ratios)} pairs of runs, one core each")
    print(f"  harness       {total / len(ratios):8.3f} s a variant")
    print(f"  hand-written  {by_hand / len(ratios):8.3f} s a variant")
    print(f"  ratio of sums {total / by_hand:8.3f}")
    quartiles = statistics.quantiles(ratios, n=4)
    print(
        f"  ratio by pair {statistics.median(ratios):8.3f} median, {quartiles[0]:.3f} to {quartiles[2]:.3f} middle half"
    )
    print("where the harness's time goes:")
    inside = sum(phases.values())
    for name, seconds in sorted(phases.items(), key=lambda item: -item[1]):
        print(f"  {name:<13} {seconds / total:7.1%}")
    print(f"  {'outside host':<13} {(total - inside) / total:7.1%}   socket, journal, waiting")


if __name__ == "__main__":
    sys.exit(main())
