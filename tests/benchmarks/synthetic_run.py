"""Run folders of any size, as the engine leaves them: manifest and journal of the shipped office pack.

Parameters come from the pack's expansion; outcomes and latencies from a small model of a robot that misses
clear glass in dim light. Every record is of a real one's size (about 6 kB) and judged by the pack's criteria, so
that gate and reports do with it what they do with a real one.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.frontend.packs import load_checked
from simgate.harness.gate.statistics.percentile import nearest_rank
from simgate.harness.packs.bounds import margin_of
from simgate.harness.packs.model import Criterion, Pack, Scenario
from simgate.harness.packs.variants import VariantsSpec
from simgate.harness.results.manifest import Fingerprint, Manifest
from simgate.harness.results.run_folder import RunFolder

REPOSITORY = Path(__file__).resolve().parents[2]
PACK = REPOSITORY / "scenarios" / "office_doors"
DRAWN = 64
"""Variants of each scenario whose parameters are drawn; further ones differ from them in a few values."""
FRAMES = 50
"""Latency samples of a record."""
PASSING: dict[str, Any] = {
    "collisions": 0,
    "success": True,
    "stop_distance_m": 0.85,
    "min_clearance_m": 0.3,
    "path_length_m": 4.0,
    "time_to_goal_s": 9.0,
    "detection.glass_door.recall": 0.97,
}


@dataclass(frozen=True)
class SyntheticPlan:
    """What a synthetic run holds.

    Attributes:
        records: Variants, one record each, divided evenly among the pack's scenarios.
        blindness: Largest chance of missing glass, in the dimmest light.
        seed: Of outcomes and latencies; not of parameters, so that runs of several seeds make pairs.
        model: Of the fingerprint.
    """

    records: int
    blindness: float = 0.02
    seed: int = 1
    model: str = "reference_detector 2"


def write_run(path: Path, plan: SyntheticPlan) -> RunFolder:
    """Writes manifest and journal of a run; its memory does not grow with the records."""
    pack = pack_of(plan.records)
    folder = RunFolder(path)
    folder.create()
    manifest = Manifest(
        run_id=path.name,
        created_utc="2026-11-27T12:00:00+00:00",
        pack_name=pack.name,
        pack_path="scenarios/office_doors/pack.yaml",
        pack=pack.model_dump(mode="json"),
        expected=(),
        fingerprint=Fingerprint(
            git_commit="9663dc4a1f7b2c3d4e5f60718293a4b5c6d7e8f9",
            machine="Linux x86_64, 2 cores",
            adapter="mujoco",
            adapter_version="4.0.0",
            policy=pack.policy,
            model=plan.model,
            model_sha256=hashlib.sha256(plan.model.encode()).hexdigest(),
            runtime="onnxruntime 1.31.1 cpu",
            pack_sha256=pack.source_sha256,
        ),
    )
    before, after = manifest.model_dump_json(indent=2).split('"expected": []')
    with folder.manifest_path.open("w") as expected, folder.journal_path.open("w") as journal:
        expected.write(f'{before}"expected": [')
        comma = ""
        for scenario in pack.scenarios:
            for entry, record in _variants(pack, scenario, plan):
                expected.write(f"{comma}\n    {entry}")
                journal.write(f"{record}\n")
                comma = ","
        expected.write(f"]{after}\n")
    return folder


def pack_of(records: int) -> Pack:
    """The office pack with so many variants, divided evenly among its scenarios."""
    pack = load_checked(PACK)
    counts = [records // len(pack.scenarios)] * len(pack.scenarios)
    counts[0] += records - sum(counts)
    scenarios = tuple(
        scenario.model_copy(update={"variants": VariantsSpec(count=count, method="random")})
        for scenario, count in zip(pack.scenarios, counts, strict=True)
    )
    return pack.model_copy(update={"scenarios": scenarios})


def _variants(pack: Pack, scenario: Scenario, plan: SyntheticPlan) -> Iterator[tuple[str, str]]:
    """A manifest's entry and a journal's line for each variant."""
    drawn = [variant.parameters for variant in expand_scenario(pack, scenario, DRAWN)]
    rng = random.Random(f"{plan.seed} {scenario.id}")
    latencies = [_latency(rng) for _ in range(DRAWN)]
    where = random.Random(scenario.id)
    for number in range(scenario.variants.count):
        name = f"{scenario.id}::v{number:04d}"
        parameters = dict(drawn[number % len(drawn)])
        parameters |= {
            "lighting.lux": float(parameters["lighting.lux"]) * where.uniform(0.8, 1.2),
            "robot.start_y_m": where.uniform(-0.3, 0.3),
        }
        dim = 1.0 / (1.0 + float(parameters["lighting.lux"]) / 100.0)
        blind = rng.random() < plan.blindness * dim
        digest = hashlib.sha256(name.encode()).hexdigest()
        identity = hashlib.sha256(f"{name} {plan.model}".encode()).hexdigest()
        head = f'"scenario":"{scenario.id}","severity":"{scenario.severity}"'
        yield (
            f'{{"id":"{name}",{head},"digest":"{digest}","identity":"{identity}","scene":"{digest[:16]}"}}',
            f'{{"schema_version":1,"variant":"{name}",{head},"variant_digest":"{digest}",'
            f'"identity":"{identity}",{_result(scenario, blind, rng)},{rng.choice(latencies)},'
            f'"parameters":{json.dumps(parameters)},"trace_digest":"{identity[::-1]}"}}',
        )


def _latency(rng: random.Random) -> str:
    """The keys of a record that its latency samples decide."""
    loop = [rng.lognormvariate(3.0, 0.2) for _ in range(FRAMES)]
    measured = [rng.lognormvariate(1.5, 0.1) for _ in range(FRAMES)]
    metrics = {
        "latency.p95_ms": nearest_rank(sorted(loop), 0.95),
        "spl": None,
        "speed_max_mps": 0.8,
        **{f"detection.{name}.precision": None for name in ("glass_door", "person", "wooden_door")},
        **PASSING,
    }
    phases = {name: rng.random() for name in ("build", "step", "render", "inference", "scoring", "digest")}
    rest = {
        "metrics": metrics,
        "latency": {"in_loop_ms": loop, "measured_ms": measured},
        "phases_s": phases,
        "wall_s": sum(phases.values()),
        "sim_s": 5.2,
        "end": "done",
        "runtime": "onnxruntime 1.31.1 cpu",
        "runtime_deployed": True,
        "host": 1,
    }
    return json.dumps(rest)[1:-1]


def _result(scenario: Scenario, blind: bool, rng: random.Random) -> str:
    """Outcome, reason and criteria; a blind robot collides, and meets all else."""
    criteria, lost = [], []
    for criterion in scenario.accept:
        value = _observed(criterion, rng)
        if blind and criterion.metric == "collisions":
            value = 1
        margin = margin_of(criterion, value)
        criteria.append(
            {
                "metric": criterion.metric,
                "statement": criterion.statement,
                "observed": value,
                "outcome": "PASS" if margin >= 0 else "FAIL",
                "margin": None if isinstance(value, bool | str) else margin,
            }
        )
        if margin < 0:
            lost.append(f"{criterion.statement}: observed {value}")
    outcome = {"outcome": "FAIL" if lost else "PASS", "reason": "; ".join(lost), "criteria": criteria}
    return json.dumps(outcome)[1:-1]


def _observed(criterion: Criterion, rng: random.Random) -> Any:
    """A value that meets a criterion."""
    if isinstance(criterion.bound, tuple):
        return rng.uniform(*criterion.bound)
    if criterion.op == "equals" or isinstance(criterion.bound, str) or criterion.bound == 0:
        return criterion.bound
    return float(criterion.bound) * (rng.uniform(1.0, 1.02) if criterion.op == "at_least" else rng.random())
