"""What a job on GitHub Actions is told of a run: its summary, and annotations at the pack's lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.gate.verdict import Decision, Verdict
from simgate.harness.packs.diagnostics.github_commands import Kind, annotation
from simgate.harness.text import plural

if TYPE_CHECKING:
    from simgate.harness.gate.comparing.pairing import RunEvidence
    from simgate.harness.packs.model import Pack, Scenario
    from simgate.harness.results.run_folder import RunFolder

_Told = tuple[Kind, int, str, str]
"""Kind, line, title and text."""
SUMMARY = "GITHUB_STEP_SUMMARY"
MOST = 10
"""GitHub shows no more errors, and no more warnings, of a step."""
MOST_SUMMARY_BYTES = 1_000_000
"""GitHub drops a step's summary of more than a mebibyte."""


def tell_github(folder: RunFolder, verdict: Verdict, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Adds to the job's summary where there is one, and gives the annotations to print.

    Args:
        folder: Of a run that is judged.
        verdict: Its verdict.
        environ: The environment; outside of GitHub Actions nothing is done.

    Returns:
        Workflow commands, one a line; they must reach the log as they are.

    Raises:
        OSError: The summary cannot be written.
        NotARun, JournalDamaged: The run cannot be read.
    """
    from simgate.harness.frontend.ci.pull_request import markdown

    if summary := environ.get(SUMMARY):
        text = markdown(folder, verdict).encode("utf-8", "backslashreplace")
        with Path(summary).open("ab") as file:
            file.write(text[:MOST_SUMMARY_BYTES] + b"\n")
    if environ.get("GITHUB_ACTIONS") != "true":
        return []
    return list(annotations_of(folder, verdict, environ.get("GITHUB_WORKSPACE", "")))


def tell_github_safely(folder: RunFolder, verdict: Verdict) -> tuple[tuple[str, ...], str]:
    """The same, and why it could not be done: the verdict is written, and stands."""
    try:
        return tuple(tell_github(folder, verdict)), ""
    except Exception as error:
        return (), f"GitHub is not told of the run: {type(error).__name__}: {error}"


def annotations_of(folder: RunFolder, verdict: Verdict, root: str) -> Iterator[str]:
    """Annotations of a run: rules that are not proven, and criteria that were not met, at their lines.

    Args:
        folder: Of the run.
        verdict: Its verdict.
        root: Folder of the checkout, to which files are relative.
    """
    from simgate.harness.gate.comparing.baseline_copy import read_evidence

    run = read_evidence(folder)
    file = _file(run.manifest.pack_path, run.pack, root)
    told: dict[Kind, int] = {"error": 0, "warning": 0}
    for kind, line, title, text in (*_of_rules(run.pack, verdict), *_of_criteria(run)):
        if told[kind] < MOST:
            told[kind] += 1
            yield annotation(kind, text, file=file, line=line, title=title)


def _of_rules(pack: Pack, verdict: Verdict) -> Iterator[_Told]:
    for rule, decided in zip(pack.gate, verdict.rules, strict=False):
        if decided.decision is not Decision.GO and not decided.waits:
            kind: Kind = "error" if decided.decision is Decision.NO_GO else "warning"
            change = f"\nwhat would change it: {decided.would_change}" if decided.would_change else ""
            title = f"simgate {decided.decision.value}: {decided.statement}"
            yield kind, max(1, rule.line), title, f"{decided.reason}{change}"


def _of_criteria(run: RunEvidence) -> Iterator[_Told]:
    """One for each criterion of each scenario, with how many variants did not meet it and the first."""
    from simgate.harness.gate.tally import Status
    from simgate.harness.results.reading.stored_record import whole
    from simgate.harness.results.record import Outcome

    counts: dict[str, int] = {}
    lost: dict[tuple[str, str], list[str]] = {}
    for variant in run.evidence.variants:
        scenario = variant.expected.scenario
        counts[scenario] = counts.get(scenario, 0) + 1
        if variant.status is not Status.FAILURE or variant.record is None:
            continue
        for result in whole(variant.record).criteria:
            if result.outcome is not Outcome.PASS:
                observed = "nothing" if result.observed is None else result.observed
                seen = f"{observed:.4g}" if isinstance(observed, float) else str(observed)
                words = f"{variant.expected.id} (observed {f'{seen} {result.unit}'.strip()})"
                lost.setdefault((scenario, result.statement), []).append(words)
    for (name, statement), variants in lost.items():
        line = _line(run.pack.scenario(name), statement)
        title = f"simgate: {name}: {statement}"
        text = f"not met in {len(variants)} of {plural(counts[name], 'variant')}, first {variants[0]}"
        yield "warning", line, title, text


def _line(scenario: Scenario, statement: str) -> int:
    lines = [criterion.line for criterion in scenario.accept if criterion.statement == statement]
    return max(1, lines[0] if lines and lines[0] else scenario.line)


def _file(pack_path: str, pack: Pack, root: str) -> str:
    path = Path(pack.path)
    return str(path.relative_to(root)) if root and path.is_relative_to(root) else pack_path
