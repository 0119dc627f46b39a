"""Packs, variants and a model package for the in-memory simulator."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Criterion, LatencySpec, Pack, Scenario, SimSpec
from simgate.harness.packs.variants import VariantsSpec
from tests.unit.policies.perception.bare_onnx import bare_onnx

REPOSITORY = Path(__file__).parents[3]


def write_model(folder: Path, latency: str = "uniform: {between: [20, 140]}") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    weights = bare_onnx(["image"], ["heatmap", "box"], b"it looks at bright columns")
    (folder / "weights.onnx").write_bytes(weights)
    path = folder / "model.yaml"
    path.write_text(
        f"""name: columns
version: "1"
classes: [glass_door]
input: {{name: image, width: 32, height: 24}}
decoder:
  kind: center_heatmap
  stride: 4
  score_threshold: 0.5
  outputs: {{heatmap: heatmap, box: box}}
artifacts:
  - {{kind: onnx, file: weights.onnx, sha256: {hashlib.sha256(weights).hexdigest()}}}
latency: {{device: test bench, distribution: {{{latency}}}}}
lineage: {{made_by: tests}}
"""
    )
    return path


def make_pack(folder: Path, **changes: object) -> Pack:
    sim = SimSpec(adapter="memory", time_limit_s=10.0)
    content: dict[str, object] = {
        "path": str(folder / "pack.yaml"),
        "name": "memory_doors",
        "model": str(write_model(folder / "model")),
        "policy": "memory_policy",
        "sim": sim,
        "latency": LatencySpec(),
        "scenarios": (
            Scenario(
                id="door_ahead",
                title="A door straight ahead",
                severity="critical",
                world="memory_corridor",
                variants=VariantsSpec(count=8),
                accept=(Criterion(metric="collisions", op="at_most", bound=0),),
            ),
        ),
        "source_sha256": "0" * 64,
    }
    return Pack.model_validate(content | changes)


def make_variants(count: int, faults: dict[int, str] | None = None, noise: float = 0.02) -> list[Variant]:
    return [
        make_variant(
            index,
            {
                "camera.noise_std": noise,
                "door.distance_m": 3.0 + 0.1 * index,
                "fault": (faults or {}).get(index, "none"),
            },
        )
        for index in range(count)
    ]


def make_variant(index: int, parameters: dict[str, bool | int | float | str]) -> Variant:
    digest = hashlib.sha256(json.dumps([index, parameters]).encode()).hexdigest()
    return Variant(
        id=f"door_ahead::v{index:04d}",
        scenario="door_ahead",
        index=index,
        parameters=parameters,
        seed=1000 + index,
        digest=digest,
    )


def ids(variants: Sequence[Variant]) -> list[str]:
    return [variant.id for variant in variants]


def write_pack(folder: Path, count: int = 8, pace_s: float = 0.0, criterion: str = "collisions") -> Path:
    """The same pack as a file, for what reads files: resuming, replaying, the command line."""
    write_model(folder / "model")
    path = folder / "pack.yaml"
    path.write_text(
        f"""simgate: 1
pack: memory_doors
model: model/model.yaml
policy: memory_policy
sim:
  adapter: memory
  time_limit_s: 10
  options: {{pace_s: {pace_s}}}
seed: 7
scenarios:
  door_ahead:
    title: A door straight ahead
    severity: critical
    world: memory_corridor
    parameters:
      door.distance_m: {{uniform: [3.0, 5.0]}}
      camera.noise_std: 0.02
    variants: {{count: {count}}}
    accept:
      {criterion}: {{at_most: 0}}
gate:
  - {{severity: critical, pass_rate: {{at_least: 0.6, confidence: 0.55}}}}
"""
    )
    return path
