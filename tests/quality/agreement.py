"""Do two simulators judge the same variants alike? Pure functions over the records of two runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from simgate.harness.gate.statistics.intervals import lower_bound
from simgate.harness.results.record import CriterionResult, Outcome, RunRecord

CONFIDENCE = 0.95
MEASURES = {"stop_distance_m": "stop distance", "min_clearance_m": "clearance"}
"""Metrics, in metres, whose largest difference is shown."""


@dataclass(frozen=True)
class Pair:
    """One variant in both simulators."""

    reference: RunRecord
    other: RunRecord

    @property
    def same(self) -> bool:
        return self.reference.outcome is self.other.outcome

    def apart(self, metric: str) -> float | None:
        """Difference of a metric in its unit; None where a side has no number."""
        values = [record.metrics.get(metric) for record in (self.reference, self.other)]
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        return abs(numbers[0] - numbers[1]) if len(numbers) == 2 else None

    def reasons(self) -> Iterator[str]:
        """What the two judge differently, with both values and how far each is from the bound."""
        theirs = {(c.metric, c.statement): c for c in self.other.criteria}
        for criterion in self.reference.criteria:
            found = theirs.get((criterion.metric, criterion.statement))
            if found is not None and found.outcome is not criterion.outcome:
                yield f"{criterion.statement}: {_seen(criterion)} / {_seen(found)}"
        for record in (self.reference, self.other):
            if record.outcome in (Outcome.INVALID, Outcome.ERROR):
                yield f"{record.outcome}: {record.reason}"


def _seen(criterion: CriterionResult) -> str:
    value = criterion.observed
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if criterion.margin is None else f"{text} (margin {criterion.margin:+.4g})"


@dataclass(frozen=True)
class Agreement:
    """All variants that both runs have finished.

    Attributes:
        pairs: In the order of the reference.
        unlike: Variants that both ran but under different values: they are no pair.
    """

    pairs: tuple[Pair, ...]
    unlike: tuple[str, ...] = ()

    @property
    def disagreements(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if not pair.same)

    @property
    def share(self) -> float:
        return (len(self.pairs) - len(self.disagreements)) / len(self.pairs) if self.pairs else 0.0

    @property
    def at_least(self) -> float:
        """Exact lower bound of the share, at 95 % confidence."""
        return lower_bound(len(self.pairs) - len(self.disagreements), len(self.pairs), CONFIDENCE)


def compare(reference: Iterable[RunRecord], other: Iterable[RunRecord]) -> Agreement:
    """Pairs the records of two runs; a variant that only one of them has finished is left out."""
    theirs = {record.variant: record for record in other}
    pairs, unlike = [], []
    for record in reference:
        found = theirs.get(record.variant)
        if found is None:
            continue
        if found.variant_digest == record.variant_digest:
            pairs.append(Pair(record, found))
        else:
            unlike.append(record.variant)
    return Agreement(tuple(pairs), tuple(unlike))


def table(agreement: Agreement, reference: str, other: str) -> str:
    """The comparison in Markdown: a row a scenario, then every disagreement with its reason."""
    shown = [f"{name} apart, mm" for name in MEASURES.values()]
    head = ["scenario", "variants", f"PASS {reference}", f"PASS {other}", "same outcome", *shown]
    scenarios = dict.fromkeys(pair.reference.scenario for pair in agreement.pairs)
    rows = [
        _row(name, [pair for pair in agreement.pairs if pair.reference.scenario == name])
        for name in scenarios
    ]
    rows.append(_row("together", agreement.pairs))
    lines = [_cells(head), _cells(["---"] * len(head)), *map(_cells, rows), ""]
    count = len(agreement.pairs) - len(agreement.disagreements)
    lines.append(
        f"{count} of {len(agreement.pairs)} outcomes agree ({100 * agreement.share:.1f} %; at least "
        f"{100 * agreement.at_least:.1f} % with 95 % confidence)."
    )
    if agreement.disagreements:
        lines += ["", _cells(["variant", reference, other, f"what differs ({reference} / {other})"])]
        lines.append(_cells(["---"] * 4))
        lines += [
            _cells([p.reference.variant, p.reference.outcome, p.other.outcome, "; ".join(p.reasons())])
            for p in agreement.disagreements
        ]
    if agreement.unlike:
        lines += ["", f"Not compared, for they differ in their values: {', '.join(agreement.unlike)}."]
    return "\n".join(lines) + "\n"


def _row(name: str, pairs: Sequence[Pair]) -> list[str]:
    passed = [
        sum(record.outcome is Outcome.PASS for record in records)
        for records in ([p.reference for p in pairs], [p.other for p in pairs])
    ]
    apart = []
    for metric in MEASURES:
        found = [value for pair in pairs if (value := pair.apart(metric)) is not None]
        apart.append(f"{1e3 * max(found):.3f}" if found else "-")
    same = sum(pair.same for pair in pairs)
    return [name, str(len(pairs)), *map(str, passed), str(same), *apart]


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |"
