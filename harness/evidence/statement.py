"""The in-toto statement of a package: the hash of every file, and what the run has shown.

in-toto Attestation Statement v1 with the predicate ``test-result`` v0.1. A policy that reads nothing but
``result`` must not let an undecided release through, so everything but GO is ``FAILED``; the decision itself
stands under ``simgate``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from simgate.harness.evidence.blocks import BLOCK
from simgate.harness.evidence.hashed import Hashed
from simgate.harness.gate.verdict import Decision, Verdict
from simgate.harness.results.manifest import Fingerprint
from simgate.harness.results.parts import code_parts
from simgate.harness.results.record import ResultModel
from simgate.harness.results.schema_version import NewerSchema, require_known

STATEMENT, ENVELOPE = "statement.json", "statement.dsse.json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
SCHEMA_VERSION = 1
"""Of the package: which files it holds, and what the statement says of each."""


class Subject(ResultModel):
    """A file as it was hashed."""

    name: str
    digest: dict[str, str]
    annotations: dict[str, Any]

    @property
    def sha256(self) -> str:
        """Hash of the file, hex."""
        return self.digest["sha256"]

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return int(self.annotations["bytes"])

    @property
    def checksums(self) -> str:
        """CRC-32 of its blocks."""
        return str(self.annotations[_CHECKSUMS])

    @property
    def is_whole(self) -> bool:
        """Whether what stands there can be what :func:`make_statement` wrote of a file."""
        blocks = -(-self.size // BLOCK)
        return (
            self.size >= 0
            and re.fullmatch("[0-9a-f]{64}", self.sha256) is not None
            and re.fullmatch(f"[0-9a-f]{{{8 * blocks}}}", self.checksums) is not None
        )


_CHECKSUMS = f"crc32OfEach{BLOCK}Bytes"


class BadStatement(ValueError):  # noqa: N818 - the name says what happened
    """The statement cannot be read."""


def make_statement(files: Mapping[str, Hashed], verdict: Verdict, fingerprint: Fingerprint) -> bytes:
    """The statement over these files, as JSON."""
    subjects = [
        {
            "name": name,
            "digest": {"sha256": file.sha256},
            "annotations": {"bytes": file.size, _CHECKSUMS: file.checksums},
        }
        for name, file in sorted(files.items())
    ]
    configuration = [
        {"name": name, "digest": {"sha256": digest}}
        for name, digest in (
            ("pack", fingerprint.pack_sha256),
            *(fingerprint.models.items() or [("model.yaml", fingerprint.model_sha256)]),
            *((part.label, part.sha256) for part in code_parts(fingerprint.parts or ())),
        )
        if digest
    ]
    by_decision = {
        decision: [rule.statement for rule in verdict.rules if rule.decision is decision]
        for decision in Decision
    }
    predicate = {
        "result": "PASSED" if verdict.decision is Decision.GO else "FAILED",
        "configuration": configuration,
        "passedTests": by_decision[Decision.GO],
        "failedTests": by_decision[Decision.NO_GO] + by_decision[Decision.INCONCLUSIVE],
        "simgate": {
            "schemaVersion": SCHEMA_VERSION,
            "decision": verdict.decision.value,
            "headline": verdict.headline,
            "run": verdict.run_id,
            "pack": verdict.pack,
            "model": verdict.model,
            "undecidedRules": by_decision[Decision.INCONCLUSIVE],
        },
    }
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }
    return json.dumps(statement, indent=1, sort_keys=True).encode() + b"\n"


def subjects_of(statement: bytes) -> dict[str, Subject]:
    """The files that a statement speaks of, by name.

    Raises:
        BadStatement: It is no statement of simgate, or one of a newer version.
    """
    try:
        found = json.loads(statement)
        if found["_type"] != STATEMENT_TYPE or found["predicateType"] != PREDICATE_TYPE:
            raise BadStatement("is no in-toto statement about a test result")
        require_known(found["predicate"]["simgate"].get("schemaVersion", 1), SCHEMA_VERSION)
        subjects = [Subject.model_validate(entry) for entry in found["subject"]]
        if not all(subject.is_whole for subject in subjects):
            raise ValueError("a subject")
    except BadStatement:
        raise
    except NewerSchema as error:
        raise BadStatement(str(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise BadStatement("cannot be read as an in-toto statement") from None
    by_name = {subject.name: subject for subject in subjects}
    if not by_name:
        raise BadStatement("names no files, so that it says nothing of what is in the package")
    if len(by_name) < len(subjects):
        raise BadStatement("names a file twice")
    return by_name


def predicate_of(statement: bytes) -> Any:
    """What a statement that :func:`subjects_of` has read says of the run."""
    return json.loads(statement)["predicate"]
