"""A run carries its baseline with it, so that its verdict can be derived again wherever it is taken.

``<run>/baseline/`` holds manifest, journal and what the hosts said; ``<run>/aa.json`` the churn that was
known when the run began.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from simgate.harness.gate.comparing.pairing import RunEvidence
from simgate.harness.gate.kept_pack import kept_pack
from simgate.harness.gate.verdict import Churn
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.damage import RESTORE, damage
from simgate.harness.results.journal import is_a_file
from simgate.harness.results.reading.stored_record import stored_records
from simgate.harness.results.run_folder import NotARun, RunFolder

FOLDER = "baseline"
CHURN = "aa.json"


def read_evidence(folder: RunFolder) -> RunEvidence:
    """What a comparison needs of a run.

    Raises:
        simgate.harness.results.run_folder.NotARun: No readable manifest, or its pack cannot be read.
        simgate.harness.results.journal.JournalDamaged: A line of the journal is no record.
    """
    manifest = folder.manifest()
    pack, made = kept_pack(manifest), folder.completed(manifest.fingerprint)
    return RunEvidence.of(manifest, pack, stored_records(folder.journal_path), made)


def keep_baseline(folder: RunFolder, baseline: RunFolder, churn: Churn | None) -> None:
    """Copies the evidence of a baseline into the folder of the run that is held against it.

    Raises:
        NotARun: What has the name of a file is none.
        OSError: A file cannot be read or written.
    """
    target = folder.path / FOLDER
    target.mkdir()
    for path in baseline.evidence_files():
        try:
            is_a_file(path)
        except ValueError as error:
            raise NotARun(f"{path} cannot be read: {error}; {RESTORE}") from None
        to = target / path.relative_to(baseline.path)
        to.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, to)
    if churn is not None:
        write_atomic(folder.path / CHURN, churn.model_dump_json(indent=2) + "\n")


def kept_baseline(folder: RunFolder) -> RunEvidence | None:
    """The baseline that the run carries; None when it has none. Raises as :func:`read_evidence`."""
    path = folder.path / FOLDER
    return read_evidence(RunFolder(path)) if path.is_dir() else None


def kept_churn(folder: RunFolder) -> Churn | None:
    """The churn that the run carries; None when none was known.

    Raises:
        NotARun: The file is damaged.
    """
    return read_churn(folder.path / CHURN)


def read_churn(path: Path) -> Churn | None:
    """A churn from its file; None when there is no file.

    Raises:
        NotARun: The file is damaged.
    """
    try:
        if not is_a_file(path):
            return None
        return Churn.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise NotARun(f"{path} cannot be read: {damage(error)}; measure again with simgate aa") from None
