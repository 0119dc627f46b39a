"""The readiness checklist: what a release manager asks before signing, answered from the run itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from simgate.harness.evidence.traceability import NO_REQUIREMENT, Requirement, Standing
from simgate.harness.gate.tally import IN_QUARANTINE, WITHOUT_RESULT, JudgedVariant, Status
from simgate.harness.gate.verdict import Decision, Verdict
from simgate.harness.results.manifest import Fingerprint, Manifest
from simgate.harness.results.parts import UNKNOWN, code_parts
from simgate.harness.text import plural

_NOBODY = "nobody vouches for it; build with --key or --sigstore"
Answer = Literal["yes", "no", "not known"]


@dataclass(frozen=True, slots=True)
class Check:
    """One question with its answer.

    Attributes:
        question: What is asked.
        answer: ``not known`` where the run does not say it.
        detail: What the answer rests on.
        needed: Whether a release without a yes is not ready.
    """

    question: str
    answer: Answer
    detail: str
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Sources:
    """What became of the files that the run was made from; empty texts mean that they are as they were."""

    pack: str = ""
    model: str = ""


def is_ready(checks: Sequence[Check]) -> bool:
    """Whether every needed question has a yes."""
    return all(check.answer == "yes" for check in checks if check.needed)


def readiness(checks: Sequence[Check]) -> str:
    """Whether it is ready, in words; if not, which answers are in the way."""
    open_ones = [check for check in checks if check.needed and check.answer != "yes"]
    if not open_ones:
        return "ready for release"
    return "not ready for release: " + "; ".join(f"{check.question} {check.answer}" for check in open_ones)


def checklist(
    manifest: Manifest,
    fingerprint: Fingerprint,
    verdict: Verdict,
    variants: Sequence[JudgedVariant],
    matrix: Sequence[Requirement],
    sources: Sources,
    *,
    signed: str,
) -> list[Check]:
    """Every question, the ones that decide first; ``signed`` says how, empty when not at all."""
    return [
        *_about_the_decision(manifest, verdict, variants),
        *_about_requirements(matrix),
        *_about_origin(fingerprint, sources),
        *_about_comparison(verdict),
        Check("Is this package signed?", _answer(bool(signed)), signed or _NOBODY, needed=False),
    ]


def _answer(holds: bool) -> Answer:
    return "yes" if holds else "no"


def _about_the_decision(
    manifest: Manifest, verdict: Verdict, variants: Sequence[JudgedVariant]
) -> Iterator[Check]:
    yield Check(
        "Is the gate's decision GO?", _answer(verdict.decision is Decision.GO), verdict.decision.value
    )
    proven = sum(rule.decision is Decision.GO for rule in verdict.rules)
    waits = sum(rule.waits for rule in verdict.rules)
    rules = f"{proven} of {plural(len(verdict.rules), 'rule')} proven"
    rules += f", {waits} against a baseline, of which this run is the first" if waits else ""
    yield Check("Is every gate rule proven?", _answer(0 < proven == len(verdict.rules) - waits), rules)
    missing = [v.expected.id for v in variants if v.status is Status.MISSING]
    detail = (
        f"{len(variants) - len(missing)} of {plural(len(variants), 'expected variant')} reported or decided"
    )
    yield Check("Has every expected variant reported?", _answer(bool(variants) and not missing), detail)
    whole = not manifest.selection
    yield Check("Was the whole pack run?", _answer(whole), manifest.selection or "every variant was expected")
    doubtful = sum(v.status in WITHOUT_RESULT for v in variants)
    yield Check(
        "Is every result valid?",
        _answer(not doubtful),
        f"{doubtful} INVALID or ERROR; outside quarantines the gate counts them as both extremes",
        needed=False,
    )
    again = sum(v.attempts > 1 for v in variants)
    yield Check(
        "Was every variant begun only once?",
        _answer(not again),
        f"{again} begun more than once; the verdict names them, a rule on attempts limits them",
        needed=False,
    )
    known = sum(v.status in IN_QUARANTINE for v in variants)
    yield Check(
        "Are results free of quarantines?", _answer(not known), f"{known} in quarantine", needed=False
    )
    errors = "; ".join(error.message for error in verdict.quarantine_errors)
    yield Check("Is every quarantine in date and in use?", _answer(not errors), errors or "none has gone bad")


def _about_requirements(matrix: Sequence[Requirement]) -> Iterator[Check]:
    named = [requirement for requirement in matrix if requirement.id != NO_REQUIREMENT]
    open_ones = [r.id for r in named if r.standing is not Standing.PASSED]
    detail = (
        f"{len(named) - len(open_ones)} of {plural(len(named), 'requirement')} without a failure or a doubt"
    )
    if open_ones:
        detail += f"; look at {', '.join(open_ones)}"
    yield Check(
        "Has every variant of every requirement passed?",
        _answer(bool(named) and not open_ones),
        detail,
        needed=False,
    )
    loose = [s.scenario for r in matrix if r.id == NO_REQUIREMENT for s in r.scenarios]
    yield Check(
        "Does every scenario name a requirement?",
        _answer(not loose),
        f"none in: {', '.join(loose)}" if loose else "all do",
        needed=False,
    )


def _about_origin(fingerprint: Fingerprint, sources: Sources) -> Iterator[Check]:
    commit = fingerprint.git_commit
    clean: Answer = "not known" if not commit else _answer(not fingerprint.git_dirty)
    state = "uncommitted changes on top of " if fingerprint.git_dirty else ""
    yield Check(
        "Was the checkout clean?", clean, f"{state}{commit[:12]}" if commit else "the pack is not in git"
    )
    yield Check("Is the pack as it ran in here?", _answer(not sources.pack), sources.pack or "same SHA-256")
    model = sources.model or (
        "same SHA-256" if fingerprint.model_sha256 else "the policy runs without a model"
    )
    yield Check("Is the model as it ran in here?", _answer(not sources.model), model)
    yield _about_code(fingerprint)


def _about_code(fingerprint: Fingerprint) -> Check:
    question = "Is the code that ran known by its hashes?"
    if fingerprint.parts is None:
        return Check(question, "not known", UNKNOWN)
    code = code_parts(fingerprint.parts)
    detail = ", ".join(f"{part.label} {part.sha256[:12]}" for part in code)
    return Check(question, "yes", f"{detail}; file by file in the manifest")


def _about_comparison(verdict: Verdict) -> Iterator[Check]:
    paired = [rule.paired for rule in verdict.rules if rule.paired is not None]
    runs = {one.baseline for one in paired} | {rule.baseline for rule in verdict.rules if rule.baseline}
    against = ", ".join(sorted(runs)) or "no rule had a baseline"
    yield Check("Was it compared with a baseline?", _answer(bool(runs)), against, needed=False)
    churn = next((one.churn for one in paired if one.churn is not None), None)
    detail = churn.words if churn else "simgate aa has not been run for it"
    yield Check("Is the noise of reruns known?", "yes" if churn else "not known", detail, needed=False)
