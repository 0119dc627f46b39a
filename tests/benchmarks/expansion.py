"""What the scenario language costs: processor seconds, and ratios to the bare work within the same run.

``python -m tests.benchmarks.expansion [--variants N]`` expands the arena pack (8 objects) as it is and with
0.3 m clearance between all pairs and writes it as JSON lines, draws a million variants of 12 parameters with two
conditions, lints a pack of 2,000 lines, starts ``simgate --help``, and covers the pairs and triples of the ALKS
cut-in. The bare arrays draw such objects and values with numpy's own generator and test such overlaps, but have
no names, no streams, no digests and no output: what is above them is what the language costs.

A ratio that is larger than allowed ends the command with exit code 1. The allowed ones are the seconds that were
asked for, on the machine they were asked for, divided by what the bare work took there. Nothing here asserts a
number of seconds.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml

from simgate.harness import registry
from simgate.harness.cli.expanding.expanded import write_expanded
from simgate.harness.cli.expanding.expanded_scenario import ExpandedScenario
from simgate.harness.expansion.designs.covering import Group, covering_array
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.expansion.placing.boxes import Boxes, apart
from simgate.harness.expansion.sampling import Sampler
from simgate.harness.expansion.sequences.streams import Streams
from simgate.harness.frontend.packs import load_checked
from simgate.harness.packs.loader import lint
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.variants import VariantsSpec
from simgate.harness.scoring import metrics
from tests.unit.packs.test_lint_speed import big_pack
from tests.unit.packs.yard import PLUGINS

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "scenarios" / "arena" / "pack.yaml"
MILLION = 1_000_000


ALKS_CUT_IN = (5, 5, 2, 5, 7, 6, 5)
"""Values of the seven parameters of the cut-in that UN Regulation 157 describes."""
_failed: list[str] = []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--variants", type=int, default=10_000, help="variants of the arena (default 10000)")
    args = parser.parse_args()
    arena(args.variants)
    parameters()
    typing()
    for strength, most in ((2, 50), (3, 313)):
        rows = covering_array(
            ALKS_CUT_IN, [Group((i,), np.arange(n)[:, None]) for i, n in enumerate(ALKS_CUT_IN)], strength
        )
        print(f"ALKS cut-in, every combination of {strength} values: {len(rows)} rows (allowed {most})")
        note(len(rows) <= most, f"rows at strength {strength}")
    for what in _failed:
        print(f"TOO MUCH: {what}")
    return 1 if _failed else 0


def arena(count: int) -> None:
    """Objects: drawn, checked, written."""
    pack = load_checked(PACK)
    for clearance, allowed in ((0.0, 14.0), (0.3, 9.2)):
        scenario = enlarged(pack.scenarios[0], count, clearance)
        share = count / bare_arena(scenario, count)
        print(
            f"arena, {count:,} variants of 8 objects, clearance {clearance:g} m: {share:.1%} of draws survive"
        )
        bare = seconds(lambda s=scenario: bare_arena(s, count))
        report("bare arrays, nothing written", bare, bare)
        report(
            "expanded and written as JSON lines", seconds(lambda s=scenario: write(pack, s)), bare, allowed
        )
        report("expanded into models", seconds(lambda s=scenario: expand_scenario(pack, s)), bare)
    print(f"the whole command on the pack as it is, start-up included: {command_seconds(count):.2f} s")


def parameters() -> None:
    """A million variants of 12 scalar parameters under two conditions, in a process of their own for the memory."""
    print(f"{MILLION:,} variants of 12 parameters, two conditions")
    bare = seconds(bare_million)
    report("bare arrays", bare, bare)
    for method in ("random", "sobol", "halton", "lhs"):
        code = f"from tests.benchmarks.expansion import alone; alone({method!r})"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
        )
        used, memory = map(float, done.stdout.split())
        report(f"{method}, {memory:.2f} GB at most", used, bare, None if method == "halton" else 5.5)
        note(memory < 1, f"memory of a million variants, {method}")


def alone(method: str) -> None:
    """Prints what a million variants take in this process: seconds, and gigabytes at most."""
    used = seconds(lambda: million(method))
    print(used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def typing() -> None:
    """What a person waits for after every change."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.yaml"
        path.write_text(big_pack(2000), encoding="utf-8")
        text = path.read_text(encoding="utf-8")
        print(f"a pack of {text.count(chr(10)):,} lines")
        bare = seconds(lambda: list(yaml.parse(text, Loader=yaml.CSafeLoader)))
        report("YAML events alone", bare, bare)
        os.environ["SIMGATE_PLUGINS"] = PLUGINS
        report("lint", seconds(lambda: lint([path], metrics)), bare, 27.0)
    bare = child_seconds("-c", "pass")
    print("simgate --help")
    report("Python alone", bare, bare)
    report("simgate --help", child_seconds("-m", "simgate.harness.cli.main", "--help"), bare, 13.0)


def note(is_good: bool, what: str) -> None:
    if not is_good:
        _failed.append(what)


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of the better of two runs."""
    times = []
    for _ in range(2):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def report(what: str, used: float, bare: float, allowed: float | None = None) -> None:
    limit = "" if allowed is None else f" (allowed {allowed:g})"
    print(f"  {what:36} {used:7.3f} s   {used / bare:5.1f} times the bare work{limit}")
    note(allowed is None or used / bare <= allowed, what)


def enlarged(scenario: Scenario, count: int, clearance: float) -> Scenario:
    """The scenario with another number of variants and clearance."""
    place = {n: s.model_copy(update={"clearance_m": clearance}) for n, s in scenario.place.items()}
    variants = scenario.variants.model_copy(update={"count": count})
    return scenario.model_copy(update={"place": place, "variants": variants})


def write(pack: Pack, scenario: Scenario) -> None:
    write_expanded([ExpandedScenario(pack, scenario, None)], "ndjson", io.StringIO())


def command_seconds(count: int) -> float:
    """Processor seconds of ``simgate expand``, start-up included."""
    options = ("--format", "ndjson", "--variants", str(count))
    return child_seconds("-m", "simgate.harness.cli.main", "expand", str(PACK), *options)


def child_seconds(*arguments: str) -> float:
    """Processor seconds of a Python process, the better of two."""
    times = []
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


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


def bare_million() -> int:
    """Twelve columns and two conditions with numpy alone; returns how many rows were drawn."""
    rng = np.random.default_rng(1)
    found = drawn = 0
    while found < MILLION:
        size = MILLION
        columns = [rng.uniform(0, 1, size) for _ in range(9)]
        columns += [np.clip(rng.normal(0, 1, size), -3, 3) for _ in range(2)]
        columns.append(rng.integers(0, 3, size).astype(np.float64))
        distance, cross = 3 + 5 * columns[0], 2 + 4 * columns[1]
        lux, tint = 60 * np.exp(columns[2] * np.log(20)), 0.05 + 0.3 * columns[3]
        good = (cross < distance - 0.5) & (lux * tint > 60)
        kept = [column[good] for column in columns]
        found += len(kept[0])
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
