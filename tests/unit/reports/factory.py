"""Builds run folders as the engine leaves them: manifest, journal, pictures, recordings.

The numbers are made up by a small model of a robot that cannot see clear glass in dim light, so that
reports have a reason to find. Everything is written through the real classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from simgate.harness.execution.episode.recordings.recording import save_trace
from simgate.harness.packs.model import Criterion, GateRule, LatencySpec, Pack, Scenario
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.variants import VariantsSpec
from simgate.harness.results.identity import run_identity
from simgate.harness.results.journal import append_record
from simgate.harness.results.manifest import ExpectedVariant, Fingerprint, Manifest
from simgate.harness.results.parts import make_part
from simgate.harness.results.record import CriterionResult, LatencySamples, Outcome, RunRecord, Scalar
from simgate.harness.results.run_folder import RunFolder
from simgate.reports.junit import junit_pieces
from simgate.reports.run_data import RunData
from tests.unit.reports.episodes import blind_trace, corridor_picture

GATE = (
    GateRule(kind="pass_rate", severity="critical", at_least=0.98, confidence=0.95),
    GateRule(kind="pass_rate", severity="major", at_least=0.9, confidence=0.95),
    GateRule(kind="metric", scenario="glass_*", metric="latency.p95_ms", at_most=50, confidence=0.95),
    GateRule(kind="invalid_or_error", at_most=0.02),
)


@dataclass(frozen=True)
class ScenarioPlan:
    """One scenario of a made-up run."""

    id: str
    title: str
    severity: str
    count: int
    door: str = "glass"
    dim: bool = False
    requirements: tuple[str, ...] = ("NAV-012",)


OFFICE = (
    ScenarioPlan("glass_door_closed", "A closed glass door blocks the corridor", "critical", 60,
                 requirements=("NAV-012", "PER-003")),
    ScenarioPlan("glass_door_dim_light", "A closed glass door in dim light", "critical", 60, dim=True,
                 requirements=("NAV-012", "PER-004")),
    ScenarioPlan("glass_door_backlit", "Daylight falls through the glass door", "critical", 44),
    ScenarioPlan("wooden_door_closed", "A closed wooden door blocks the corridor", "major", 40, door="wood"),
    ScenarioPlan("open_doorway", "The way is open", "major", 40, door="none", requirements=("NAV-002",)),
    ScenarioPlan("person_crossing", "A person walks across", "critical", 30, door="none"),
    ScenarioPlan("degraded_camera", "Blur, noise and lost frames", "minor", 40),
)  # fmt: skip


@dataclass
class RunPlan:
    """What the made-up run holds.

    Attributes:
        scenarios: Its scenarios.
        blindness: 0: sees all glass; 1: misses clear glass in dim light.
        invalid: Variants that end INVALID, by id suffix.
        skip: Variants that leave no record, by position.
        pictures: Whether pictures are written for variants that did not pass.
        recordings: Whether traces are.
        seed: Of the made-up numbers.
    """

    scenarios: tuple[ScenarioPlan, ...] = OFFICE
    blindness: float = 1.0
    invalid: frozenset[int] = frozenset()
    errors: frozenset[int] = frozenset()
    skip: frozenset[int] = frozenset()
    pictures: bool = True
    recordings: bool = True
    seed: int = 7
    gate: tuple[GateRule, ...] = GATE
    selection: str = ""
    changes: dict[str, dict[str, object]] = field(default_factory=dict)


def junit_document(run: RunData) -> ElementTree.Element:
    """The ``testsuites`` element of a run's ``junit.xml``."""
    return ElementTree.fromstring(b"".join(junit_pieces(run)))


def build_run(path: Path, plan: RunPlan | None = None) -> RunFolder:
    """Writes a run folder and returns it."""
    plan = plan or RunPlan()
    folder = RunFolder(path)
    for directory in (path, folder.frames_dir, folder.recordings_dir):
        directory.mkdir(parents=True, exist_ok=True)
    variants = [
        (scenario, f"{scenario.id}::v{index:04d}")
        for scenario in plan.scenarios
        for index in range(scenario.count)
    ]
    expected = tuple(_expected(scenario, name) for scenario, name in variants)
    folder.manifest_path.write_text(_manifest(path, plan, expected).model_dump_json(indent=1))
    rng = np.random.default_rng(plan.seed)
    for position, ((scenario, _), entry) in enumerate(zip(variants, expected, strict=True)):
        record = _record(folder, plan, scenario, entry, position, rng)
        if position not in plan.skip:
            append_record(folder.journal_path, record)
    return folder


def _expected(scenario: ScenarioPlan, name: str) -> ExpectedVariant:
    digest = run_identity(name, {"what": "variant"})
    identity = run_identity(digest, {"model": "reference_detector 2"})
    return ExpectedVariant(
        id=name, scenario=scenario.id, severity=scenario.severity, digest=digest, identity=identity
    )


def _accept(scenario: ScenarioPlan) -> tuple[Criterion, ...]:
    """What :func:`_criteria` judges."""
    recall = Criterion(
        metric="detection.glass_door.recall", op="at_least", bound=0.9, options={"within_m": 3}
    )
    return (
        Criterion(metric="collisions", op="at_most", bound=0),
        Criterion(metric="stop_distance_m", op="between", bound=(0.3, 1.5)),
        *((recall,) if scenario.door == "glass" else ()),
        Criterion(metric="path_length_m", op="at_most", bound=12.0),
    )


def pack_of(plan: RunPlan) -> Pack:
    """The pack that the run was made from."""
    return Pack(
        path="scenarios/office_doors/pack.yaml",
        name="office_doors",
        policy="door_navigator",
        latency=LatencySpec(),
        scenarios=tuple(
            Scenario(
                id=s.id,
                title=s.title,
                severity=s.severity,
                requirements=s.requirements,
                world="office_corridor",
                parameters={"lighting.lux": ValueSpec(kind="log_uniform", numbers={"low": 25, "high": 1200})},
                variants=VariantsSpec(count=s.count),
                accept=_accept(s),
                hard=tuple(rule.criterion for rule in plan.gate if rule.criterion is not None),
            )
            for s in plan.scenarios
        ),
        gate=plan.gate,
        source_sha256="5f" * 32,
    )


PARTS = (
    make_part("core", "simgate", code={"simgate/harness/trace.py": "7e" * 32}),
    make_part(
        "policy",
        "door_navigator",
        code={"simgate/policies/door_navigator.py": "d0" * 32},
        entry="simgate.policies.door_navigator:DoorNavigator",
        distribution="simgate",
        version="0.1.0",
    ),
)


def _manifest(path: Path, plan: RunPlan, expected: tuple[ExpectedVariant, ...]) -> Manifest:
    return Manifest(
        run_id=path.name,
        created_utc="2026-11-20T09:41:07Z",
        command=("simgate", "run", "scenarios/office_doors/pack.yaml", "--workers", "2"),
        pack_name="office_doors",
        pack_path="scenarios/office_doors/pack.yaml",
        pack=pack_of(plan).model_dump(mode="json"),
        expected=expected,
        selection=plan.selection,
        fingerprint=Fingerprint(
            git_commit="9663dc4a1f7b2c3d4e5f60718293a4b5c6d7e8f9",
            packages={"mujoco": "4.0.0", "onnxruntime": "1.31.1", "numpy": "2.4.6"},
            python="3.11.2",
            machine="Linux x86_64, 2 cores",
            adapter="mujoco",
            adapter_version="4.0.0",
            renderer="egl Mesa llvmpipe",
            policy="door_navigator",
            model="reference_detector 1",
            model_sha256="c0ffee" * 10 + "c0ff",
            runtime="onnxruntime 1.31.1 cpu",
            pack_sha256="5f" * 32,
            parts=PARTS,
        ),
    )


def _parameters(scenario: ScenarioPlan, rng: np.random.Generator) -> dict[str, Scalar]:
    lux = rng.uniform(25, 130) if scenario.dim else math.exp(rng.uniform(math.log(110), math.log(1200)))
    degraded = scenario.id == "degraded_camera"
    return {
        "camera.blur_px": float(rng.uniform(0.5, 2)) if degraded else 0.0,
        "camera.dropout_rate": float(rng.uniform(0.1, 0.5)) if degraded else 0.0,
        "camera.noise_std": float(rng.uniform(0.0, 0.12 if degraded else 0.03)),
        "camera.pitch_deg": float(rng.normal(0, 1)),
        "corridor.width_m": float(rng.uniform(2.0, 3.0)),
        "door.distance_m": float(rng.uniform(3, 8)),
        "door.handle": str(rng.choice(["bar", "lever", "plate"])),
        "door.kind": scenario.door,
        "door.opening_deg": 0.0,
        "door.tint": float(0.05 + 0.3 * rng.beta(2, 5)),
        "floor.material": str(rng.choice(["carpet", "tiles", "parquet", "concrete"])),
        "lighting.lux": float(lux),
        "lighting.temperature_k": float(rng.normal(4500, 600)),
        "person.present": scenario.id == "person_crossing",
        "robot.radius_m": 0.25,
        "robot.start_yaw_deg": float(rng.uniform(-8, 8)),
        "wall.color": str(rng.choice(["white", "grey", "beige"])),
        "window.lux": float(rng.uniform(4000, 16000)) if scenario.id == "glass_door_backlit" else 0.0,
    }


def _record(
    folder: RunFolder,
    plan: RunPlan,
    scenario: ScenarioPlan,
    entry: ExpectedVariant,
    position: int,
    rng: np.random.Generator,
) -> RunRecord:
    parameters = _parameters(scenario, rng)
    distance = float(parameters["door.distance_m"])
    glare = float(parameters["lighting.lux"]) * float(parameters["door.tint"])
    chance = plan.blindness / (1 + math.exp((glare - 9.5) / 1.6)) if scenario.door == "glass" else 0.0
    blind = rng.random() < chance
    outcome = Outcome.FAIL if blind else Outcome.PASS
    reason = ""
    stop = -0.02 if blind else float(rng.uniform(0.6, 1.1))
    lost = (distance - 0.25) / 0.8 if blind else None
    criteria = _criteria(scenario, blind, stop, lost, rng)
    if blind:
        reason = "collisions: observed 1, must be at most 0 (over by 1) (and 2 more criteria)"
    if position in plan.invalid:
        outcome, criteria = Outcome.INVALID, ()
        reason = "penetration at the start: 0.04 m into box_2"
    if position in plan.errors:
        outcome, criteria = Outcome.ERROR, ()
        reason = "host 1 was killed twice on this variant: no heartbeat"
    record = RunRecord(
        variant=entry.id,
        scenario=scenario.id,
        severity=scenario.severity,
        variant_digest=entry.digest,
        identity=entry.identity,
        outcome=outcome,
        reason=reason,
        criteria=criteria,
        metrics={"collisions": int(blind), "stop_distance_m": stop, "latency.p95_ms": 38.0},
        parameters=parameters,
        trace_digest=entry.digest[::-1],
        sim_s=distance / 0.8 + 2,
        wall_s=float(rng.uniform(0.6, 1.4)),
        phases_s={"step": 0.2, "render": 0.6, "inference": 0.2, "build": 0.05},
        latency=LatencySamples(in_loop_ms=(35.0, 38.0), measured_ms=(4.1, 5.2)),
        end="collision" if blind else "done",
        report=None if blind else scenario.door,
        runtime="onnxruntime 1.31.1 cpu",
    )
    if outcome != Outcome.PASS:
        record = record.model_copy(update={"artifacts": _artifacts(folder, plan, record, scenario, rng)})
    return record.model_copy(update=plan.changes.get(entry.id, {}))


def _criteria(
    scenario: ScenarioPlan, blind: bool, stop: float, lost: float | None, rng: np.random.Generator
) -> tuple[CriterionResult, ...]:
    bad = Outcome.FAIL if blind else Outcome.PASS
    recall = float(rng.uniform(0, 0.2)) if blind else float(rng.uniform(0.92, 1))
    rows = [
        CriterionResult(
            metric="collisions",
            statement="collisions at most 0",
            observed=int(blind),
            outcome=bad,
            margin=-1.0 if blind else 0.0,
            lost_at_s=lost,
        ),
        CriterionResult(
            metric="stop_distance_m",
            statement="stop_distance_m between 0.3 and 1.5",
            observed=stop,
            unit="m",
            outcome=bad,
            margin=min(stop - 0.3, 1.5 - stop),
            lost_at_s=lost,
        ),
    ]
    if scenario.door == "glass":
        rows.append(
            CriterionResult(
                metric="detection.glass_door.recall",
                statement="detection.glass_door.recall at least 0.9 (within_m 3)",
                observed=recall,
                outcome=bad,
                margin=recall - 0.9,
            )
        )
    rows.append(
        CriterionResult(metric="path_length_m", statement="path_length_m at most 12", observed=6.1, unit="m",
                        outcome=Outcome.PASS, margin=5.9)
    )  # fmt: skip
    return tuple(rows)


def _artifacts(
    folder: RunFolder, plan: RunPlan, record: RunRecord, scenario: ScenarioPlan, rng: np.random.Generator
) -> dict[str, str]:
    name = record.variant.replace("::", "-")
    artifacts: dict[str, str] = {}
    if plan.pictures:
        for key, near in (("start_picture", 0.0), ("failure_picture", 0.85)):
            artifacts[key] = f"frames/{name}-{key}.png"
            corridor_picture(record.parameters, near, rng).save(folder.path / artifacts[key])
    if plan.recordings and record.outcome == Outcome.FAIL:
        artifacts["trace"] = f"recordings/{name}.npz"
        save_trace(folder.path / artifacts["trace"], blind_trace(record.parameters, scenario.door, rng))
    return artifacts
