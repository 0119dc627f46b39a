"""A/A: what the same model changes from one run to the next. A drop below that is noise."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from simgate.harness.gate.comparing.baseline_copy import read_churn
from simgate.harness.gate.comparing.comparability import machine_class, pack_digest
from simgate.harness.gate.comparing.pairing import RunEvidence, pair_up
from simgate.harness.gate.statistics.intervals import upper_bound
from simgate.harness.gate.verdict import Churn
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.manifest import Fingerprint, Manifest

CONFIDENCE = 0.95


def measure_churn(first: RunEvidence, second: RunEvidence) -> Churn:
    """What differs between two runs of the same variants with the same model.

    Args:
        first: A run.
        second: The same again.
    """
    pairs = pair_up(second.evidence.variants, first.by_digest)
    variants = flipped = traces = 0
    for pair in pairs:
        if (both := pair.valid_records) is None:
            continue
        before, now = both
        variants += 1
        flipped += before.outcome is not now.outcome
        traces += before.trace_digest != now.trace_digest
    return Churn(
        variants=variants,
        flipped=flipped,
        traces_differ=traces,
        at_most=upper_bound(flipped, variants, CONFIDENCE),
        model=second.fingerprint.model,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def churn_path(runs_dir: Path, manifest: Manifest, fingerprint: Fingerprint) -> Path:
    """Where the churn of a pack on a class of machine is kept."""
    machine = hashlib.sha256(machine_class(fingerprint).encode()).hexdigest()
    return runs_dir / "aa" / f"{manifest.pack_name}-{pack_digest(manifest.pack)[:12]}-{machine[:8]}.json"


def keep_churn(runs_dir: Path, run: RunEvidence, churn: Churn) -> Path:
    """Keeps a churn, in place of an older one of the same pack and class of machine.

    Raises:
        OSError: The file cannot be written.
    """
    path = churn_path(runs_dir, run.manifest, run.fingerprint)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, churn.model_dump_json(indent=2) + "\n")
    return path


def known_churn(runs_dir: Path, manifest: Manifest, fingerprint: Fingerprint) -> Churn | None:
    """The churn of a pack on a class of machine; None when it was not measured.

    Raises:
        NotARun: The file is damaged.
    """
    return read_churn(churn_path(runs_dir, manifest, fingerprint))


def unsteady(first: RunEvidence, second: RunEvidence) -> Mapping[str, tuple[str, str]]:
    """Variants whose outcome flipped: id -> (first, second)."""
    found = {}
    for pair in pair_up(second.evidence.variants, first.by_digest):
        before, now = pair.records
        if before is not None and now is not None and before.outcome is not now.outcome:
            found[pair.now.expected.id] = (before.outcome.value, now.outcome.value)
    return found
