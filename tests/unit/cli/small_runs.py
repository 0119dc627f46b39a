"""A small pack of the real world, and runs of it written through the real classes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from simgate.harness.expansion.expand import expand_pack
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import Pack
from simgate.harness.results.fingerprint import machine
from simgate.harness.results.journal import append_record
from simgate.harness.results.manifest import ExpectedVariant, Fingerprint, Manifest
from simgate.harness.results.record import LatencySamples, Outcome, RunRecord
from simgate.harness.results.run_folder import RunFolder
from tests.unit.gate.runs import collisions, trace_digest

PACK = """\
simgate: 1
pack: small
policy: door_navigator
sim: {adapter: mujoco}
seed: 1
scenarios:
  closed:
    title: A closed door
    severity: critical
    world: office_corridor
    parameters:
      door.kind: {choice: [glass, wood]}
      wall.color: {choice: [white, grey, beige]}
      door.distance_m: {uniform: [3, 8]}
      lighting.lux: {log_uniform: [50, 800]}
      camera.pitch_deg: 0.5
    where:
      - door.distance_m < 7
    variants: {count: 150, method: random}
    accept:
      collisions: {at_most: 0}
gate:
  - {severity: critical, pass_rate: {at_least: 0.98, confidence: 0.95}}
"""


def write_pack(folder: Path, text: str = PACK) -> Path:
    path = folder / "pack.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def write_run(
    path: Path,
    pack_file: Path,
    outcomes: Mapping[int, Outcome],
    wall_s: float = 2.0,
    on: str | None = None,
) -> RunFolder:
    """A run in which these variants ended so; others are expected and missing."""
    pack: Pack = load_pack(pack_file)
    variants = expand_pack(pack)
    folder = RunFolder(path)
    folder.create()
    expected = [
        ExpectedVariant(id=v.id, scenario=v.scenario, severity="critical", digest=v.digest, identity="i")
        for v in variants
    ]
    manifest = Manifest(
        run_id=path.name,
        created_utc="2026-12-01T12:00:00+00:00",
        pack_name=pack.name,
        pack_path=str(pack_file),
        pack=pack.model_dump(mode="json"),
        expected=tuple(expected),
        fingerprint=Fingerprint(adapter="mujoco", machine=machine() if on is None else on),
    )
    folder.manifest_path.write_text(manifest.model_dump_json(), encoding="utf-8")
    for index, outcome in outcomes.items():
        record = RunRecord(
            variant=variants[index].id,
            scenario=variants[index].scenario,
            severity="critical",
            variant_digest=variants[index].digest,
            identity="i",
            outcome=outcome,
            criteria=(collisions(outcome),),
            parameters=variants[index].parameters,
            trace_digest=trace_digest(variants[index].id),
            wall_s=wall_s,
            latency=LatencySamples(in_loop_ms=(20.0,) * 50),
        )
        append_record(folder.journal_path, record)
    return folder
