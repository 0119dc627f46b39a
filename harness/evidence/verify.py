"""Checks a package: is every byte as it was signed, and does the verdict follow from the evidence."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.evidence.blocks import locate
from simgate.harness.evidence.canonical_zip import Entry, read_zip
from simgate.harness.evidence.contents import RUN
from simgate.harness.evidence.signing import BadEnvelope, check_envelope, key_id, open_envelope
from simgate.harness.evidence.sigstore_bundle import BUNDLE, Identity, check_bundle
from simgate.harness.evidence.statement import (
    ENVELOPE,
    STATEMENT,
    BadStatement,
    Subject,
    make_statement,
    predicate_of,
    subjects_of,
)
from simgate.harness.gate.decide import UndecidableRun, write_verdict
from simgate.harness.gate.verdict import Verdict
from simgate.harness.results.journal import JournalDamaged
from simgate.harness.results.run_folder import NotARun, RunFolder
from simgate.harness.results.schema_version import NewerSchema
from simgate.sim_adapters.files.plain_file import NotPlain, inside

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as signed.

    Attributes:
        name: The file inside the package, or ``archive``.
        message: What is wrong, with the byte where it can be told.
        offset: First wrong byte in the zip file itself; None where it cannot be told.
    """

    name: str
    message: str
    offset: int | None = None

    def __str__(self) -> str:
        where = f" (byte {self.offset} of the zip)" if self.offset is not None else ""
        return f"{self.name}: {self.message}{where}"


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check.

    Attributes:
        findings: Everything that is not as signed; empty when all is.
        files: Files inside the package.
        signers: Key ids in the envelope, not checked when ``signature_checked`` is false.
        signature_checked: Whether a key or an identity was given, and whoever was given has signed.
        verdict: What the package says; None when it cannot be read.
    """

    findings: tuple[Finding, ...]
    files: int
    signers: tuple[str, ...]
    signature_checked: bool
    verdict: Verdict | None

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify_evidence(
    data: bytes, key: Ed25519PublicKey | None = None, identity: Identity | None = None
) -> Report:
    """Checks a package.

    Args:
        data: The file.
        key: Public key of who must have signed it; without one a signature is read but not believed.
        identity: Who must have signed it with Sigstore; without one a bundle is not looked into.

    Raises:
        simgate.harness.evidence.signing.KeyProblem: ``sigstore`` is needed and not installed, or has no
            trusted root.
    """
    entries, damage = read_zip(data, _doubts)
    findings = []
    if damage is not None:
        name = damage.where.rpartition(" of ")[2]
        findings.append(Finding(name, f"{damage.where}: {damage.message}", damage.offset))
    by_name = {entry.name: entry for entry in entries}
    subjects, problem = _subjects(by_name)
    findings += [problem] if problem else []
    findings += _compare(entries, subjects)
    signers, signature = _signature(by_name, key)
    findings += signature
    by_identity = _sigstore(by_name, identity)
    findings += by_identity
    verdict, newer = _stated_verdict(by_name)
    findings += newer
    if not newer and not _concerns_evidence(findings):
        findings += _recomputed(by_name, verdict, by_name[STATEMENT] if subjects else None)
    checked = (key is not None or identity is not None) and not signature and not by_identity
    return Report(tuple(findings), len(entries), signers, checked, verdict)


def _doubts(entries: Sequence[Entry]) -> int:
    """Names that a reading of the archive has and the statement does not, and the other way round."""
    by_name = {entry.name: entry for entry in entries}
    subjects, _ = _subjects(by_name)
    return len((set(by_name) - {ENVELOPE, BUNDLE}) ^ {*subjects, STATEMENT})


def _subjects(by_name: Mapping[str, Entry]) -> tuple[dict[str, Subject], Finding | None]:
    entry = by_name.get(STATEMENT)
    if entry is None:
        return {}, Finding(STATEMENT, "is missing; without it nothing can be checked")
    try:
        return subjects_of(entry.content), None
    except BadStatement as error:
        return {}, Finding(STATEMENT, str(error), entry.offset)


def _compare(entries: Iterable[Entry], subjects: Mapping[str, Subject]) -> list[Finding]:
    """Files that are not as the statement has them, or as the archive itself has them."""
    found = []
    present = set()
    for entry in entries:
        present.add(entry.name)
        subject = subjects.get(entry.name)
        if entry.name in (STATEMENT, ENVELOPE, BUNDLE):
            if not entry.is_whole:
                message = "was changed after the package was written (its CRC-32 does not fit)"
                found.append(Finding(entry.name, message, entry.offset))
        elif subject is None:
            if subjects:
                found.append(Finding(entry.name, "was added; the statement does not know it", entry.offset))
        elif hashlib.sha256(entry.content).hexdigest() != subject.sha256:
            change = locate(entry.content, subject.size, subject.sha256, subject.checksums)
            found.append(Finding(entry.name, change.message, entry.offset + change.begin))
        elif not entry.is_whole:
            message = "is as the statement has it, but the CRC-32 in the archive is not"
            found.append(Finding(entry.name, message, entry.offset))
    found += [Finding(name, "was removed") for name in sorted(set(subjects) - present)]
    return found


def _signature(
    by_name: Mapping[str, Entry], key: Ed25519PublicKey | None
) -> tuple[tuple[str, ...], list[Finding]]:
    """Key ids of the envelope, and what speaks against it."""
    envelope, statement = by_name.get(ENVELOPE), by_name.get(STATEMENT)
    if envelope is None:
        if key is None:
            return (), []
        return (), [Finding(ENVELOPE, f"is missing: the package is not signed by key {key_id(key)[:16]}")]
    try:
        payload, ids = open_envelope(envelope.content)
    except BadEnvelope as error:
        return (), [Finding(ENVELOPE, str(error), envelope.offset)]
    found = []
    if statement is not None and payload != statement.content:
        at = _first_difference(payload, statement.content)
        message = f"byte {at} is not as in the signed copy of it"
        found.append(Finding(STATEMENT, message, statement.offset + at))
    if key is not None:
        try:
            check_envelope(envelope.content, key)
        except BadEnvelope as error:
            found.append(Finding(ENVELOPE, str(error)))
    return tuple(ids), found


def _sigstore(by_name: Mapping[str, Entry], identity: Identity | None) -> list[Finding]:
    """What speaks against the Sigstore bundle; nothing when no identity is asked for."""
    if identity is None:
        return []
    bundle, statement = by_name.get(BUNDLE), by_name.get(STATEMENT)
    if bundle is None:
        return [Finding(BUNDLE, f"is missing: the package is not signed by {identity}")]
    try:
        check_bundle(bundle.content, statement.content if statement else b"", identity)
    except BadEnvelope as error:
        return [Finding(BUNDLE, str(error), bundle.offset)]
    return []


def _first_difference(first: bytes, second: bytes) -> int:
    shared = min(len(first), len(second))
    return next((k for k in range(shared) if first[k] != second[k]), shared)


def _stated_verdict(by_name: Mapping[str, Entry]) -> tuple[Verdict | None, list[Finding]]:
    """The verdict inside, None when it cannot be read; and a finding when a newer simgate wrote it."""
    name = f"{RUN}/verdict.json"
    entry = by_name.get(name)
    if entry is None:
        return None, []
    try:
        return Verdict.model_validate_json(entry.content), []
    except NewerSchema as error:
        return None, [Finding(name, str(error), entry.offset)]
    except ValueError:
        return None, []


def _concerns_evidence(findings: Iterable[Finding]) -> bool:
    """Whether what the verdict follows from is itself in doubt; the verdict itself may be."""
    return any(finding.name.startswith(f"{RUN}/") and not _is_verdict(finding) for finding in findings)


def _is_verdict(finding: Finding) -> bool:
    return finding.name == f"{RUN}/verdict.json"


def _recomputed(
    by_name: Mapping[str, Entry], stated: Verdict | None, statement: Entry | None
) -> list[Finding]:
    """Decides again from manifest and journal, as the gate would, and compares."""
    with tempfile.TemporaryDirectory(prefix="simgate-evidence-") as place:
        folder = RunFolder(Path(place).resolve())
        try:
            _unpack(by_name, folder.path)
            decided = write_verdict(folder)
            due = predicate_of(make_statement({}, decided, folder.fingerprint()))
        except (NotARun, JournalDamaged, UndecidableRun) as error:
            return [Finding(f"{RUN}/manifest.json", f"no verdict follows from it: {error}")]
        except Exception as error:
            # Anybody can make a package, of anything that passes for records: that too is a finding.
            message = f"no verdict follows from it: {type(error).__name__}: {error}"
            return [Finding(f"{RUN}/manifest.json", message)]
    return [*_unlike(stated, decided), *(_unlike_predicate(statement, due) if statement else [])]


def _unpack(by_name: Mapping[str, Entry], to: Path) -> None:
    """The run inside a package, as a folder; what leads out of it is left out, and no verdict rests on it."""
    for entry in by_name.values():
        if not entry.name.startswith(f"{RUN}/"):
            continue
        try:
            target = inside(to, entry.name.removeprefix(f"{RUN}/"))
        except NotPlain:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(entry.content)


def _unlike(stated: Verdict | None, decided: Verdict) -> list[Finding]:
    name = f"{RUN}/verdict.json"
    if stated is None:
        return [Finding(name, "is missing or cannot be read; the evidence says " + decided.decision.value)]
    if stated == decided:
        return []
    if stated.decision is not decided.decision:
        message = f"says {stated.decision.value}, but manifest and journal say {decided.decision.value}"
        return [Finding(name, message)]
    differing = ", ".join(_differing(stated, decided))
    return [Finding(name, f"is not what manifest and journal give; they differ in {differing}")]


def _unlike_predicate(entry: Entry, due: Mapping[str, object]) -> list[Finding]:
    """What the statement, which is all that a policy engine reads, says otherwise than the records."""
    said = predicate_of(entry.content)
    differing = sorted(key for key in {*said, *due} if said.get(key) != due.get(key))
    if not differing:
        return []
    message = f"its predicate is not what manifest and journal give; they differ in {', '.join(differing)}"
    return [Finding(STATEMENT, message, entry.offset)]


def _differing(stated: Verdict, decided: Verdict) -> list[str]:
    """Names of the parts of a verdict that differ."""
    first, second = stated.model_dump(), decided.model_dump()
    return [name for name in first if first[name] != second[name]]
