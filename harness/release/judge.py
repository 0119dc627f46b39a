"""One verdict over the layers of a release: what each shows, where they contradict each other, what is stale.

A release is GO when every needed layer is, on the candidate itself, every requirement is covered and none is
contradicted, the list is done and signed. NO-GO needs a layer that is NO-GO on the candidate: evidence of
another model speaks for and against nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from simgate.harness.gate.decide import UndecidableRun, combine, judged_run
from simgate.harness.gate.measured_drift import PLACE, NoDrift, read_drift
from simgate.harness.gate.tally import Status
from simgate.harness.gate.verdict import Decision, Verdict
from simgate.harness.multiplicity import holm_adjusted
from simgate.harness.release.commands import Ran
from simgate.harness.release.plan import LAYERS, Canary, Leg, Release
from simgate.harness.results.journal import JournalDamaged
from simgate.harness.results.manifest import Manifest
from simgate.harness.results.run_folder import NotARun, RunFolder
from simgate.harness.text import plural

CONTRADICTS = 0.05
"""Level, over all requirements together, at which layers contradict each other."""
_GAP = 0.05
"""Pass rates that differ by less contradict nothing, however sure that is."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one layer shows.

    Attributes:
        layer: Its name.
        decision: What it says; None where there is no evidence.
        reason: In one sentence.
        problems: Why it does not count, or not enough; empty where it does.
        run: Path of the run; empty without one.
        verdict: Of the run.
        manifest: Of the run.
        counts: Requirement -> (passed, failed) variants.
        command: What its command did, in words; empty without one that was run.
    """

    layer: str
    decision: Decision | None
    reason: str
    problems: tuple[str, ...] = ()
    run: str = ""
    verdict: Verdict | None = None
    manifest: Manifest | None = None
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    command: str = ""

    @property
    def counted(self) -> Decision:
        """What it counts as: nothing but INCONCLUSIVE where it is no evidence of the candidate."""
        if self.decision is None or (self.problems and self.decision is Decision.GO):
            return Decision.INCONCLUSIVE
        return Decision.INCONCLUSIVE if self.is_stale else self.decision

    @property
    def is_stale(self) -> bool:
        """Whether it speaks of another model."""
        return any(problem.startswith("stale") for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Coverage:
    """A requirement over the layers.

    Attributes:
        requirement: Its id.
        by_layer: Layer -> (passed, failed) variants.
        contradiction: Between which layers, in words; empty without one.
    """

    requirement: str
    by_layer: Mapping[str, tuple[int, int]]
    contradiction: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A release, judged.

    Attributes:
        decision: The verdict.
        reasons: Why it is not GO, each a sentence; empty for GO.
        layers: What each shows.
        coverage: Each requirement.
    """

    decision: Decision
    reasons: tuple[str, ...]
    layers: tuple[Shown, ...]
    coverage: tuple[Coverage, ...]


def judge_release(
    release: Release, folder: Path, model_sha256: str, ran: Mapping[str, Ran] | None = None
) -> Judgement:
    """Judges a release.

    Args:
        release: As its file says.
        folder: Of that file, where its paths begin.
        model_sha256: Of the candidate's package.
        ran: Layer -> what its command did.
    """
    known = ran or {}
    legs = [(name, getattr(release.layers, name), known.get(name)) for name in LAYERS]
    shown = _apart([_leg(name, leg, did, folder, model_sha256) for name, leg, did in legs])
    shown.append(_canary(release.layers.canary, model_sha256))
    layers = [one for one in shown if one.layer in release.needed or one.decision is not None or one.problems]
    coverage = _coverage(release.requirements, layers)
    reasons = [
        f"{one.layer}: {'; '.join(one.problems) or one.reason}"
        for one in layers
        if one.counted is not Decision.GO
    ]
    reasons += [
        f"requirement {one.requirement}: {one.contradiction}" for one in coverage if one.contradiction
    ]
    reasons += [
        f"requirement {one.requirement} is covered by no layer" for one in coverage if not one.by_layer
    ]
    reasons += [
        f"requirement {one.requirement}: no variant that covers it passes"
        for one in coverage
        if one.by_layer and not any(passed for passed, _ in one.by_layer.values())
    ]
    reasons += [f"not done: {what}" for what, done in release.checklist.items() if not done]
    reasons += [f"not signed off: {one.role}" for one in release.sign_offs if not (one.name and one.date)]
    if not release.sign_offs:
        reasons.append("nobody has signed off: add sign_offs: [{role: ..., name: ..., date: ...}]")
    decision = combine(one.counted for one in layers)
    if decision is Decision.GO and reasons:
        decision = Decision.INCONCLUSIVE
    return Judgement(decision, tuple(reasons), tuple(layers), tuple(coverage))


def _leg(name: str, leg: Leg | None, ran: Ran | None, folder: Path, model_sha256: str) -> Shown:
    if leg is None:
        return Shown(name, None, "there is no evidence: the release file names no run")
    if leg.run is None:
        return _of_command(name, leg, ran, model_sha256)
    path = folder / leg.run
    did = "" if ran is None else ran.shown
    try:
        own, verdict = judged_run(RunFolder(path))
    except (NotARun, JournalDamaged, UndecidableRun, OSError) as error:
        why = f"the evidence cannot be read: {error}" + (f"; {did}" if did else "")
        return Shown(name, None, str(error), (why,), leg.run, command=did)
    said = own.manifest.fingerprint.model_sha256 or leg.model_sha256 or ""
    problems, again = [], f"; move {leg.run} away, and its command is run again"
    if not said:
        problems.append("the run does not say which model it judged: write model_sha256 in the release file")
    elif said != model_sha256:
        stale = f"stale: it judged the model {said[:12]}, the candidate is {model_sha256[:12]}"
        problems.append(f"{stale}{again if leg.command else ''}")
    if ran is not None and ran.problem:
        problems.append(f"{did}{again}")
    if own.manifest.selection:
        problems.append(f"only a part of the pack was to be run: {own.manifest.selection}")
    if leg.largest_drift is not None:
        problems += _drift(leg, folder, own.manifest.run_id, model_sha256)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    scenarios = {one.id: one for one in own.pack.scenarios}
    for variant in own.evidence.variants:
        if variant.status in (Status.SUCCESS, Status.FAILURE) and variant.expected.scenario in scenarios:
            for requirement in scenarios[variant.expected.scenario].requirements:
                counts[requirement][variant.status is Status.FAILURE] += 1
    return Shown(
        name,
        verdict.decision,
        verdict.headline,
        tuple(problems),
        leg.run,
        verdict,
        own.manifest,
        {key: (passed, failed) for key, (passed, failed) in counts.items()},
        did,
    )


def _of_command(name: str, leg: Leg, ran: Ran | None, model_sha256: str) -> Shown:
    """A layer whose evidence is that a command ends and says as it must."""
    if ran is None:
        return Shown(
            name, None, "its command was not run", ("there is no evidence: its command was not run",)
        )
    problems = []
    if leg.model_sha256 != model_sha256:
        found = (leg.model_sha256 or "")[:12]
        problems.append(f"stale: it judged the model {found}, the candidate is {model_sha256[:12]}")
    # A command that was stopped, or never began, refutes nothing.
    decision = Decision.GO if not ran.problem else Decision.NO_GO if ran.is_refuted else Decision.INCONCLUSIVE
    counts = {} if decision is Decision.INCONCLUSIVE else dict.fromkeys(leg.requirements, (0, 1))
    if decision is Decision.GO:
        counts = dict.fromkeys(leg.requirements, (1, 0))
    return Shown(name, decision, ran.shown, tuple(problems), counts=counts, command=ran.shown)


def _apart(shown: Sequence[Shown]) -> list[Shown]:
    """The layers, those with a problem that show nothing but what another one shows: it is evidence once."""
    cases = [
        {(one.digest, one.identity) for one in layer.manifest.expected} if layer.manifest else set()
        for layer in shown
    ]
    found = []
    for k, layer in enumerate(shown):
        twin = next(
            (
                other.layer
                for j, other in enumerate(shown)
                if j != k and cases[k] and (cases[k] < cases[j] or (cases[k] == cases[j] and j < k))
            ),
            None,
        )
        why = f"all that it shows is in {twin} too: name a run of its own evidence"
        found.append(replace(layer, problems=(*layer.problems, why)) if twin else layer)
    return found


def _drift(leg: Leg, folder: Path, run_id: str, model_sha256: str) -> list[str]:
    """What speaks against a layer in how far it is from another one; never anything for it."""
    assert leg.largest_drift is not None
    assert leg.run is not None
    path = folder / leg.drift if leg.drift else folder / leg.run / PLACE
    try:
        found = read_drift(path, run_id, [model_sha256])
    except NoDrift as error:
        return [f"{error}: `simgate drift {leg.run} --against OTHER` writes {path.name}"]
    if math.isfinite(found.effect) and found.effect <= leg.largest_drift:
        return []
    return [f"drift {found.effect:.3f} against {found.against}, {leg.largest_drift:g} is allowed"]


def _canary(form: Canary | None, model_sha256: str) -> Shown:
    if form is None or form.is_blank:
        return Shown("canary", None, "the form is not filled in")
    if form.empty:
        reason = f"the form is not filled in: {', '.join(form.empty)}"
        return Shown("canary", None, reason, (reason,))
    assert form.sites and form.robots and form.hours and form.model_sha256
    assert form.incidents is not None and form.most_incidents is not None
    ran = f"{plural(form.robots, 'robot')} at {', '.join(form.sites)}, {form.hours:g} hours, "
    ran += plural(form.incidents, "incident")
    if form.model_sha256 != model_sha256:
        stale = f"stale: it was driven with the model {form.model_sha256[:12]}"
        return Shown("canary", Decision.INCONCLUSIVE, ran, (stale,))
    good = form.incidents <= form.most_incidents
    most = 1000.0 * _most_events(form.incidents) / form.hours
    said = f"{ran} (at most {most:.3g} in 1,000 hours, 95 %), {form.most_incidents} allowed"
    said = f"{said}; signed by {form.signed}, {form.date}"
    return Shown("canary", Decision.GO if good else Decision.NO_GO, said)


def _most_events(seen: int) -> float:
    """Upper bound at 95 % on the mean of a Poisson count, exact."""
    from scipy.stats import chi2

    return float(chi2.ppf(0.95, 2 * seen + 2)) / 2.0


def _coverage(requirements: Sequence[str], layers: Sequence[Shown]) -> list[Coverage]:
    fresh = [one for one in layers if not one.is_stale]
    found = [
        Coverage(name, {one.layer: one.counts[name] for one in fresh if name in one.counts})
        for name in requirements
    ]
    tested = [(k, *_strongest(one.by_layer)) for k, one in enumerate(found) if len(one.by_layer) > 1]
    for (k, words, _), p in zip(tested, holm_adjusted([p for *_, p in tested]), strict=True):
        if p < CONTRADICTS and words:
            found[k] = Coverage(found[k].requirement, found[k].by_layer, words)
    return found


def _strongest(by_layer: Mapping[str, tuple[int, int]]) -> tuple[str, float]:
    """The pair of layers that differ most, in words, and its p-value (Fisher's exact test, all pairs)."""
    from scipy.stats import fisher_exact

    names = list(by_layer)
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    best = ("", 1.0)
    for a, b in pairs:
        rates = [by_layer[one][0] / sum(by_layer[one]) for one in (a, b)]
        counts = np.array([by_layer[a], by_layer[b]])
        p = min(float(fisher_exact(counts).pvalue) * len(pairs), 1.0)
        if p < best[1] and abs(rates[0] - rates[1]) > _GAP:
            better, worse = (a, b) if rates[0] > rates[1] else (b, a)
            words = f"the layers contradict each other: passes {_rate(by_layer[better])} in {better}, "
            best = (f"{words}{_rate(by_layer[worse])} in {worse}", p)
    return best


def _rate(counts: tuple[int, int]) -> str:
    return f"{counts[0]} of {sum(counts)}"
