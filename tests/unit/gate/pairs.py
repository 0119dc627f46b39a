"""Two runs of the same variants with two models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simgate.harness.gate.comparing.pairing import RunEvidence
from simgate.harness.gate.selection import left_out
from simgate.harness.gate.tally import gather
from simgate.harness.packs.model import GateRule, Pack
from simgate.harness.results.manifest import Fingerprint, Manifest
from simgate.harness.results.record import RunRecord
from tests.unit.gate.runs import a_run

REGRESSION = GateRule(kind="regression", at_most=0.02)
MADE_WITH = Fingerprint(
    model="door_detector 1.0",
    model_sha256="1" * 64,
    machine="Linux x86_64 CPU",
    adapter="mujoco",
    adapter_version="4.0.0",
    renderer="EGL",
    runtime="onnxruntime",
    packages={"simgate": "0.1.0", "onnxruntime": "1.31.1"},
)


def run_of(
    letters: str, *gate: GateRule, made: Mapping[str, Any] | None = None, **changes: Any
) -> tuple[Manifest, list[RunRecord]]:
    """A run with a letter for each variant and a fingerprint that can be compared."""
    manifest, records = a_run(letters, *(gate or (REGRESSION,)), **changes)
    return manifest.model_copy(update={"fingerprint": MADE_WITH.model_copy(update=dict(made or {}))}), records


def evidence_of(manifest: Manifest, records: Sequence[RunRecord]) -> RunEvidence:
    """What a comparison needs of a run."""
    pack = Pack.model_validate(manifest.pack)
    return RunEvidence(
        manifest, pack, manifest.fingerprint, gather(manifest, pack, records), left_out(manifest, pack)
    )


def baseline(letters: str, *gate: GateRule, **changes: Any) -> RunEvidence:
    """The older run."""
    manifest, records = run_of(letters, *gate, **changes)
    return evidence_of(manifest.model_copy(update={"run_id": "the-baseline"}), records)
