"""Builds the evidence package of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from simgate.harness.evidence.canonical_zip import zip_pieces
from simgate.harness.evidence.contents import collect
from simgate.harness.evidence.hashed import hashed
from simgate.harness.evidence.readiness import Check
from simgate.harness.evidence.signing import key_id, sign
from simgate.harness.evidence.sigstore_bundle import BUNDLE
from simgate.harness.evidence.statement import ENVELOPE, STATEMENT, make_statement
from simgate.harness.gate.decide import judged_run, write_verdict
from simgate.harness.gate.last_read import forget_reports
from simgate.harness.gate.verdict import Verdict
from simgate.harness.registry import load
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.run_folder import RunFolder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

REPORTS = ("junit", "html")


class NotEvidence(Exception):  # noqa: N818 - the name says what happened
    """The run's verdict.json is not what manifest and journal give; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Built:
    """A finished package.

    Attributes:
        path: The file.
        files: How many it holds.
        verdict: What it says.
        checks: The readiness checklist.
        remarks: What is not inside, and why.
        signer: Id of the key; empty without one.
        sigstore: Whether it holds a Sigstore bundle.
    """

    path: Path
    files: int
    verdict: Verdict
    checks: list[Check]
    remarks: list[str]
    signer: str
    sigstore: bool = False


def build_evidence(
    folder: RunFolder,
    out: Path,
    key: Ed25519PrivateKey | None = None,
    *,
    recordings: bool = False,
    sigstore: Callable[[bytes], bytes] | None = None,
) -> Built:
    """Writes one file with everything that the run's verdict rests on.

    The reports are written again first. The same run and key give the same bytes.

    Args:
        folder: The run.
        out: The file; an existing one is replaced.
        key: Signs the package.
        recordings: Whether pictures and recordings go in as well.
        sigstore: Makes a Sigstore bundle of the statement; None for none.

    Raises:
        simgate.harness.results.run_folder.NotARun: No readable manifest.
        simgate.harness.results.journal.JournalDamaged: The journal cannot be read.
        simgate.harness.gate.decide.UndecidableRun: The manifest's pack cannot be read.
        NotEvidence: verdict.json says something else than manifest and journal.
        simgate.harness.evidence.canonical_zip.TooLarge: More than 2 GB.
        OSError: A file cannot be read or written, or has changed meanwhile.
    """
    verdict = _decided_again(folder)
    for name in REPORTS:
        load("simgate.reporters", name)(folder)
    forget_reports()
    signed = _signed(key is not None, sigstore is not None)
    with TemporaryDirectory(prefix="simgate-evidence-") as scratch:
        contents = collect(folder, verdict, Path(scratch), signed=signed, recordings=recordings)
        files = dict(contents.files)
        statement = make_statement(files, verdict, judged_run(folder)[0].fingerprint)
        files[STATEMENT] = hashed(statement)
        if key is not None:
            files[ENVELOPE] = hashed(sign(statement, key))
        if sigstore is not None:
            files[BUNDLE] = hashed(sigstore(statement))
        write_atomic(out, zip_pieces(files))
    signer = key_id(key.public_key()) if key is not None else ""
    return Built(out, len(files), verdict, contents.checks, contents.remarks, signer, sigstore is not None)


def _signed(with_key: bool, with_sigstore: bool) -> str:
    """How a package is signed, in words; empty when it is not."""
    ways = [("Ed25519, DSSE envelope", with_key), ("Sigstore bundle", with_sigstore)]
    return " and ".join(way for way, is_used in ways if is_used)


def _decided_again(folder: RunFolder) -> Verdict:
    """The verdict as manifest and journal give it; what stood in verdict.json must be the same."""
    before = folder.verdict_text()
    verdict = write_verdict(folder)
    if before is not None and before != folder.verdict_text():
        write_atomic(folder.verdict_path, before)
        raise NotEvidence(
            f"{folder.verdict_path} is not what manifest and journal give ({verdict.decision.value}); "
            f"if simgate or the journal has changed since, decide again with `simgate gate {folder.path}`"
        )
    return verdict
