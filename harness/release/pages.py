"""What people read of a release: the judgement, and drafts of a model card and of release notes."""

from __future__ import annotations

from typing import Any

from simgate.harness.release.judge import Judgement, Shown
from simgate.harness.release.plan import Release
from simgate.harness.text import markdown_words


def as_data(release: Release, judgement: Judgement, model: dict[str, str]) -> dict[str, Any]:
    """The judgement as JSON."""
    return {
        "release": release.release,
        "model": model,
        "decision": judgement.decision.value,
        "reasons": list(judgement.reasons),
        "layers": [
            {
                "layer": one.layer,
                "counts_as": one.counted.value,
                "says": one.decision.value if one.decision else None,
                "reason": one.reason,
                "problems": list(one.problems),
                "run": one.run,
                "command": one.command,
            }
            for one in judgement.layers
        ],
        "requirements": [
            {
                "requirement": one.requirement,
                "layers": {layer: {"passed": p, "failed": f} for layer, (p, f) in one.by_layer.items()},
                "contradiction": one.contradiction,
            }
            for one in judgement.coverage
        ],
        "checklist": release.checklist,
        "sign_offs": [one.model_dump() for one in release.sign_offs],
    }


def release_page(release: Release, judgement: Judgement) -> bytes:
    """The verdict over all layers, in Markdown."""
    lines = [f"# {_text(release.release)}: {judgement.decision.value}", ""]
    lines += [*(f"- {_text(reason)}" for reason in judgement.reasons), ""] if judgement.reasons else []
    lines += ["## Layers", "", "| layer | counts as | what it says |", "|---|---|---|"]
    lines += [
        f"| {one.layer} | {one.counted.value} | {_text('; '.join((*one.problems, one.reason)))} |"
        for one in judgement.layers
    ]
    names = [one.layer for one in judgement.layers]
    lines += ["", "## Requirements, by layer (passed of judged)", ""]
    lines += [f"| requirement | {' | '.join(names)} | |", f"|---|{'---|' * (len(names) + 1)}"]
    for one in judgement.coverage:
        cells = [
            f"{one.by_layer[n][0]} of {sum(one.by_layer[n])}" if n in one.by_layer else "-" for n in names
        ]
        lines.append(f"| {one.requirement} | {' | '.join(cells)} | {_text(one.contradiction)} |")
    if release.checklist:
        lines += ["", "## Checklist", ""]
        lines += [f"- [{'x' if done else ' '}] {_text(what)}" for what, done in release.checklist.items()]
    lines += ["", "## Signed off", ""]
    lines += [
        f"- {_text(one.role)}: {_text(f'{one.name}, {one.date}') if one.name and one.date else 'open'}"
        for one in release.sign_offs
    ] or ["- nobody"]
    return _page(lines)


def model_card(release: Release, judgement: Judgement, model: dict[str, str]) -> bytes:
    """A model card to be completed: what was measured is filled in."""
    lines = [f"# Model card (draft): {_text(model['name'])} {_text(model['version'])}", ""]
    lines += [f"Package SHA-256 `{model['sha256']}`.", "", "## What was measured", ""]
    for one in judgement.layers:
        lines += [f"### {one.layer}", "", *_measured(one), ""]
    lines += ["## Intended use", "", "TO BE WRITTEN", "", "## Known limits", ""]
    weak = [
        f"- {layer.layer}: {_text(scenario.scenario)}: {scenario.failed} of {scenario.expected} failed"
        for layer in judgement.layers
        if layer.verdict is not None and not layer.is_stale
        for scenario in layer.verdict.scenarios
        if scenario.failed
    ]
    return _page([*lines, *(weak or ["No scenario failed in what was run."])])


def release_notes(release: Release, judgement: Judgement, model: dict[str, str]) -> bytes:
    """Release notes to be completed."""
    lines = [f"# {_text(release.release)} (draft)", "", f"Verdict: {judgement.decision.value}.", ""]
    lines += [f"Model {_text(model['name'])} {_text(model['version'])}.", "", "## Evidence", ""]
    lines += [f"- {one.layer}: {one.counted.value}. {_text(one.reason)}" for one in judgement.layers]
    lines += ["", "## Covered requirements", ""]
    lines += [
        f"- {one.requirement}: {', '.join(one.by_layer) or 'not covered'}" for one in judgement.coverage
    ]
    return _page([*lines, "", "## Changes", "", "TO BE WRITTEN"])


def _measured(one: Shown) -> list[str]:
    if one.verdict is None or one.is_stale:
        return [_text("; ".join((*one.problems, one.reason)))]
    return [f"- {_text(rule.statement)}: {_text(rule.reason)}" for rule in one.verdict.rules]


def _text(text: str) -> str:
    """Text of others, also of several lines, in a line or a cell."""
    return markdown_words(" ".join(text.split()))


def _page(lines: list[str]) -> bytes:
    return ("\n".join(lines).rstrip() + "\n").encode()
