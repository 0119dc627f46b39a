"""What expansion costs: processor seconds, and ratios to bare arrays within the same run.

``python -m tests.benchmarks.expansion [--variants N]`` expands the arena pack (8 objects) as it is and with
0.3 m clearance between all pairs, writes it as JSON lines, and draws a million variants of 12 parameters
with two conditions. The bare arrays draw such objects with numpy's own generator and test such overlaps,
but have no names, no streams, no digests and no output: what is above them is what the language costs.
Nothing here asserts a number of seconds.
"""

from __future__ import annotations

import argparse
import io
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from harness import registry
from harness.cli.expanded import ExpandedScenario, write_expanded
from harness.cli.packs import load_checked
from harness.expansion.boxes import Boxes, apart
from harness.expansion.expand import expand_scenario
from harness.expansion.sampling import Sampler
from harness.expansion.streams import Streams
from harness.packs.model import Pack, Scenario, VariantsSpec
from harness.packs.values import ValueSpec

PACK = Path(__file__).resolve().parents[2] / "scenarios" / "arena" / "pack.yaml"
MILLION = 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--variants", type=int, default=10_000, help="variants of the arena (default 10000)")
    args = parser.parse_args()
    pack = load_checked(PACK)
    for clearance in (0.0, 0.3):
        scenario = enlarged(pack.scenarios[0], args.variants, clearance)
        print(f"arena, {args.variants:,} variants of 8 objects, clearance {clearance:g} m")
        bare = seconds(lambda s=scenario: bare_arena(s, args.variants))
        report("bare arrays, nothing written", bare, bare)
        report("expanded and written as JSON lines", seconds(lambda s=scenario: write(pack, s)), bare)
        report("expanded into models", seconds(lambda s=scenario: expand_scenario(pack, s)), bare)
    print(f"the whole command on the pack as it is: {command_seconds(args.variants):.2f} s")
    for method in ("random", "sobol", "halton", "lhs"):
        used = seconds(lambda m=method: million(m))
        print(f"{MILLION:,} variants of 12 parameters, two conditions, {method}: {used:.2f} s")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    return 0


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of the better of two runs."""
    times = []
    for _ in range(2):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def report(what: str, used: float, bare: float) -> None:
    print(f"  {what:36} {used:6.2f} s   {used / bare:5.1f} times bare arrays")


def enlarged(scenario: Scenario, count: int, clearance: float) -> Scenario:
    """The scenario with another number of variants and clearance."""
    place = {n: s.model_copy(update={"clearance_m": clearance}) for n, s in scenario.place.items()}
    variants = scenario.variants.model_copy(update={"count": count})
    return scenario.model_copy(update={"place": place, "variants": variants})


def write(pack: Pack, scenario: Scenario) -> None:
    write_expanded([ExpandedScenario(pack, scenario, None)], "ndjson", io.StringIO())


def command_seconds(count: int) -> float:
    """Processor seconds of ``simgate expand``, start-up included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "harness.cli.main", "expand", str(PACK), "--format", "ndjson"]
    subprocess.run([*command, "--variants", str(count)], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bare_arena(scenario: Scenario, wanted: int) -> int:
    """Joint rejection with numpy alone; returns how many draws it took."""
    rng = np.random.default_rng(1)
    groups = sorted(scenario.place.values(), key=lambda spec: spec.kinds.choices)
    specs = [spec for spec in groups for _ in range(int(spec.count.choices[0]))]
    found = drawn = 0
    while found < wanted:
        size = 4096
        boxes: list[Boxes] = []
        good = np.ones(size, dtype=np.bool_)
        for spec in specs:
            yaw = rng.uniform(-np.pi, np.pi, size)
            half = [
                0.5 * rng.uniform(v.numbers["low"], v.numbers["high"], size)
                for v in (spec.length, spec.width)
            ]
            turned = Boxes.turned(yaw, yaw, yaw, *half)
            ex, ey = turned.extents()
            x, y = (5 - ex) * rng.uniform(-1, 1, size), (5 - ey) * rng.uniform(-1, 1, size)
            box = Boxes(x, y, half[0], half[1], turned.cos, turned.sin)
            for other in boxes:
                at = np.flatnonzero(good)
                free = np.zeros(at.shape)
                good[at] = apart(box[at], other[at], free, free + spec.clearance_m)
            boxes.append(box)
        found += int(good.sum())
        drawn += size
    return drawn


def million(method: str) -> None:
    def between(kind: str, low: float, high: float, **more: float) -> ValueSpec:
        return ValueSpec(kind=kind, numbers={"low": low, "high": high, **more})

    parameters = {
        "camera.noise_std": between("uniform", 0, 0.03),
        "camera.pitch_deg": between("normal", -3, 3, mean=0, std=1),
        "corridor.width_m": between("uniform", 2, 3),
        "door.distance_m": between("uniform", 3, 8),
        "door.tint": between("uniform", 0.05, 0.35),
        "lighting.lux": between("log_uniform", 60, 1200),
        "lighting.temperature_k": between("normal", 2700, 7500, mean=4500, std=700),
        "person.cross_at_m": between("uniform", 2, 6),
        "person.speed_mps": between("triangular", 0.3, 2, mode=1),
        "robot.start_y_m": between("uniform", -0.3, 0.3),
        "robot.start_yaw_deg": between("uniform", -8, 8),
        "wall.color": ValueSpec(kind="choice", choices=("white", "grey", "beige"), weights=(0.5, 0.3, 0.2)),
    }
    scenario = Scenario(
        id="wide",
        title="Twelve parameters",
        severity="minor",
        world="office_corridor",
        parameters=parameters,
        where=("person.cross_at_m < door.distance_m - 0.5", "lighting.lux * door.tint > 60"),
        variants=VariantsSpec(count=MILLION, method=method),
        accept=(),
    )
    pack = Pack(path="wide.yaml", name="wide", policy="none", seed=1, scenarios=(scenario,), source_sha256="")
    world = registry.load("simgate.worlds", scenario.world)
    Sampler(pack, scenario, world, Streams("wide", "wide", 1)).columns(np.arange(MILLION))


if __name__ == "__main__":
    sys.exit(main())
