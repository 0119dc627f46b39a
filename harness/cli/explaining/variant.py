"""One variant of a run in words: what became of it, why, what stood against it, and what happened."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from simgate.harness.results.record import FILM, STRIP, CriterionResult, Outcome, RunRecord
from simgate.harness.text import number, plural

if TYPE_CHECKING:
    from simgate.harness.gate.tally import JudgedVariant
    from simgate.harness.packs.model import Scenario
    from simgate.harness.results.run_folder import RunFolder

_MEANING = {
    Outcome.PASS: "passed: it met every criterion",
    Outcome.FAIL: "failed",
    Outcome.KNOWN: "failed, which is known and excused",
    Outcome.INVALID: "says nothing about the robot: the simulation cannot be believed",
    Outcome.ERROR: "was not run to its end",
}


class NoVariant(Exception):  # noqa: N818 - the name says what happened
    """The run has no such variant; the message names those that are like it."""


def explain_variant(folder: RunFolder, name: str, width: int = 100) -> str:
    """Everything that is known of a variant, in sentences.

    Args:
        folder: Of the run.
        name: Id of the variant.
        width: Lines are wrapped to so many columns.

    Raises:
        NoVariant: The run does not expect it.
        NotARun, JournalDamaged: The run cannot be read.
    """
    from simgate.harness.gate.comparing.baseline_copy import read_evidence
    from simgate.harness.results.reading.stored_record import whole

    run = read_evidence(folder)
    judged = next((v for v in run.evidence.variants if v.expected.id == name), None)
    if judged is None:
        raise NoVariant(_instead(folder, name, [v.expected.id for v in run.evidence.variants]))
    scenario = run.pack.scenario(judged.expected.scenario)
    head = f"{name} ({scenario.severity}): {scenario.title}"
    if judged.record is None:
        told = [head, f"It has no record: it was {judged.status.value}, so nothing is known of it."]
    else:
        record = whole(judged.record)
        told = [head, *_outcome(judged, record)]
        if record.outcome is not Outcome.INVALID:  # Nothing was met in what cannot be believed.
            told += _criteria(record)
        told += _conditions(scenario, record)
        told += [*_happened(folder, record), *_seen_by_people(folder, record)]
    tool = run.manifest.imported.tool if run.manifest.imported else ""
    again = (
        f"in {tool}, whose result it is"
        if tool
        else f"simgate replay {shlex.quote(str(folder.path))} {shlex.quote(name)}"
    )
    blocks = [textwrap.fill(text, width, subsequent_indent=_indent(text)) for text in told]
    return "\n".join([*blocks, "", f"run it again: {again}"])


def _indent(text: str) -> str:
    return "    " if text.startswith("  ") else ""


def _instead(folder: RunFolder, name: str, ids: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, ids, n=3)
    scenario = [one for one in ids if one.startswith(f"{name}::")][:3]
    like = ", ".join(near or scenario or ids[:3]) or "none at all"
    return f"{folder.path} has no variant {name}; there are {like}"


def _outcome(judged: JudgedVariant, record: RunRecord) -> Iterator[str]:
    text = f"It {_MEANING[record.outcome]}."
    if record.outcome in (Outcome.INVALID, Outcome.ERROR) and record.reason:
        text = f"It {_MEANING[record.outcome]}: {' '.join(record.reason.split())}."
    if record.outcome is Outcome.KNOWN:
        text += f" The issue is {record.known_issue}."
    if judged.contradiction:
        text += f" The gate counts it as INVALID: {judged.contradiction}."
    if record.infrastructure:
        text += " The machine failed, not what was tested."
    if judged.attempts > 1:
        outcomes = ", ".join(outcome.value for outcome in judged.outcomes)
        text += f" It was begun {judged.attempts} times ({outcomes}); the last result counts."
    yield text


def _criteria(record: RunRecord) -> Iterator[str]:
    lost = [result for result in record.criteria if result.outcome is not Outcome.PASS]
    kept = [result for result in record.criteria if result.outcome is Outcome.PASS]
    if lost:
        yield f"It did not meet {plural(len(lost), 'criterion', 'criteria')} of {len(record.criteria)}:"
        yield from (f"  - {_lost(result)}" for result in lost)
    if kept:
        yield "Met: " + "; ".join(f"{one.statement} ({_observed(one)})" for one in kept) + "."


def _lost(result: CriterionResult) -> str:
    text = f"{result.statement}: {_observed(result)}"
    if result.margin is not None and result.margin < 0:
        text += f", off by {abs(result.margin):.3g}{_unit(result)}"
    if result.lost_at_s is not None:
        text += f"; lost at {result.lost_at_s:.1f} s"
    if result.reason and result.observed is None:
        text += f" ({result.reason})"
    return text


def _observed(result: CriterionResult) -> str:
    if result.observed is None:
        return "it could not be measured"
    return f"{number(result.observed)}{_unit(result)}"


def _unit(result: CriterionResult) -> str:
    return f" {result.unit}" if result.unit else ""


def _conditions(scenario: Scenario, record: RunRecord) -> Iterator[str]:
    from simgate.harness.frontend.nominal import farthest

    found = farthest(scenario, record.parameters)
    far = [one for one in found if one.far]
    if found:
        lead = (
            "What was out of the ordinary"
            if far
            else "Nothing was out of the ordinary; farthest from nominal"
        )
        told = "; ".join(f"{one.parameter} {number(one.value)} ({one.where})" for one in far or found[:1])
        yield f"{lead}: {told}."


def _happened(folder: RunFolder, record: RunRecord) -> Iterator[str]:
    """The story from the recording; from the record alone where there is none."""
    from simgate.harness.cli.explaining.story import how_it_ended, paragraph, story
    from simgate.harness.execution.episode.recordings.recording import load_trace
    from simgate.sim_adapters.files.plain_file import inside

    passed = record.outcome is Outcome.PASS
    why = " (passing variants leave none unless the run was made with --record all)" if passed else ""
    if path := record.artifacts.get("trace"):
        try:
            trace = load_trace(inside(folder.path, path))
        except (OSError, ValueError, KeyError) as error:
            why = f" ({path} cannot be read: {getattr(error, 'strerror', None) or error})"
        else:
            yield "What happened, in simulated time:"
            yield from (f"  - {text}" for text in paragraph(story(trace)))
            return
    if record.end:
        reported = f"; it reported {record.report}" if record.report else ""
        yield f"It ended after {record.sim_s:.1f} s: {how_it_ended(record.end)}{reported}."
    yield f"There is no recording of it{why}, so what it saw and did on the way is not known."


def _seen_by_people(folder: RunFolder, record: RunRecord) -> Iterator[str]:
    pictures = {
        name.replace("_", " "): path for name, path in record.artifacts.items() if name.endswith("picture")
    }
    for name, path in record.artifacts.items():
        if (channel := name.removeprefix(STRIP)) != name:
            pictures[f"{channel} over time"] = path
    if film := record.artifacts.get(FILM):
        pictures[FILM] = film
    if pictures:
        shown = ", ".join(f"{name} {folder.path / path}" for name, path in pictures.items())
        yield f"Look at: {shown}"
