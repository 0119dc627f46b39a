"""``compare.html``: what a candidate breaks and fixes against a baseline, in one file without a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgate.harness.gate.comparing.compare import ComparedResult, ComparedVariant, RunComparison
from simgate.harness.gate.comparing.metric_changes import BEYOND_CHANCE
from simgate.harness.gate.rules.regression import churn_words
from simgate.harness.html_pages import page_environment
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.text import number, plural
from simgate.reports import wording
from simgate.reports.html import TEMPLATES, breakable, mark
from simgate.reports.pictures import Picture, PictureStore

PICTURE_BYTES = 6_000_000
"""Of all pictures in the page together."""
SHOWN = {"broken": 60, "doubtful": 20, "fixed": 20}
"""Variants in full by kind of change; the rest is in compare.json."""
_PICTURES = (
    ("failure_picture", "where it failed"),
    ("end_picture", "at the end"),
    ("start_picture", "start"),
)


@dataclass(frozen=True, slots=True)
class Side:
    """One model's half of a changed variant."""

    title: str
    result: ComparedResult
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A changed variant as the page shows it."""

    variant: ComparedVariant
    sides: tuple[Side, Side]
    parameters: tuple[tuple[str, str], ...]


def write_comparison(comparison: RunComparison, baseline: Path, candidate: Path, path: Path) -> Path:
    """Writes the page of a comparison.

    Args:
        comparison: What to show.
        baseline: Folder of the baseline, for its pictures.
        candidate: Folder of the candidate.
        path: File to write.

    Returns:
        Path of the file.

    Raises:
        OSError: The file cannot be written.
    """
    write_atomic(path, render(comparison, baseline, candidate).encode("utf-8", "backslashreplace"))
    return path


def render(comparison: RunComparison, baseline: Path, candidate: Path) -> str:
    """The page of a comparison. Arguments as for :func:`write_comparison`."""
    jinja = page_environment(TEMPLATES)
    jinja.filters |= {"number": number, "with_unit": wording.with_unit, "breakable": breakable}
    jinja.globals |= {"plural": plural, "mark": mark}
    return jinja.get_template("compare.html").render(_page(comparison, baseline, candidate))


def _page(comparison: RunComparison, baseline: Path, candidate: Path) -> dict[str, Any]:
    stores = (PictureStore(baseline, PICTURE_BYTES // 2), PictureStore(candidate, PICTURE_BYTES // 2))
    groups = []
    for change, most in SHOWN.items():
        found = [variant for variant in comparison.variants if variant.change == change]
        shown = [_changed(variant, comparison, stores) for variant in found[:most]]
        groups.append((change, shown, len(found) - len(shown)))
    facts = comparison.rule.paired
    return {
        "comparison": comparison,
        "verdict_class": comparison.decision.value.lower(),
        "headline": comparison.headline.partition(": ")[2],
        "facts": facts,
        "churn": churn_words(facts) if facts else "",
        "groups": groups,
        "metrics": [change for change in comparison.metrics if change.q_value <= BEYOND_CHANCE],
    }


def _changed(
    variant: ComparedVariant, comparison: RunComparison, stores: tuple[PictureStore, PictureStore]
) -> Changed:
    before, now = comparison.baseline.judged, comparison.candidate.judged
    return Changed(
        variant,
        (
            Side(
                f"baseline: {before}",
                variant.baseline,
                _picture(variant.baseline, stores[0], variant.variant),
            ),
            Side(
                f"candidate: {now}",
                variant.candidate,
                _picture(variant.candidate, stores[1], variant.variant),
            ),
        ),
        tuple((name, number(value)) for name, value in sorted(variant.parameters.items())),
    )


def _picture(result: ComparedResult, store: PictureStore, variant: str) -> Picture | None:
    for name, caption in _PICTURES:
        if path := result.artifacts.get(name):
            return store.picture(path, caption, f"{variant}, {caption}")
    return None
