"""A coverage as plain text and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simgate.harness.cli.coverage.tally import Cells, ScenarioCoverage, totals
from simgate.harness.gate.statistics.intervals import lower_bound, upper_bound
from simgate.harness.text import plural, table

EACH_WAY = 0.975
"""Confidence of each end of an interval that holds with 95 %."""


def coverage_text(scenarios: Sequence[ScenarioCoverage], holes: int) -> str:
    """Every scenario: hits by cell, and the holes.

    Args:
        scenarios: What to show.
        holes: Holes shown of each scenario, alone and in pairs; 0 for all.
    """
    rows = [
        [s.scenario, f"{s.variants:,}", str(len(s.ones)), _share(s.ones), _share(s.twos), _beyond(s.twos)]
        for s in scenarios
    ]
    head = ("scenario", "variants", "vary", "1-way cells hit", "2-way cells hit", "out of reach")
    parts = [table(head, rows, right=(1, 2, 5))]
    parts += [_scenario(scenario, holes) for scenario in scenarios if scenario.ones]
    return "\n\n".join(parts)


def _share(cells: Sequence[Cells]) -> str:
    hit, reachable, _ = totals(cells)
    return f"{hit:,} of {reachable:,} ({_percent(hit, reachable)})" if reachable else "-"


def _beyond(cells: Sequence[Cells]) -> str:
    _, reachable, total = totals(cells)
    return f"{total - reachable:,}"


def _percent(part: int, whole: int) -> str:
    """Never rounds up to 100 % while something is missing."""
    if not whole:
        return "-"
    return "100 %" if part == whole else f"{min(100 * part / whole, 99.9):.3g} %"


def _scenario(coverage: ScenarioCoverage, holes: int) -> str:
    failed = f", {plural(coverage.failed, 'failure')}" if coverage.failed else ""
    lines = [f"{coverage.scenario}: {plural(coverage.variants, 'variant')}{failed}"]
    rows = [[cells.axes[0].name, _hits(cells)] for cells in coverage.ones]
    head = "hits of each cell" + (" (of them failed)" if coverage.failed else "")
    lines.append(table(("parameter", head), rows, indent="  "))
    for title, groups in (("1-way holes", coverage.ones), ("2-way holes", coverage.twos)):
        lines += _holes(title, groups, coverage.draws, holes)
    lines += _unmet(coverage)
    return "\n".join(lines)


def _hits(cells: Cells) -> str:
    reachable = cells.reachable
    parts = []
    for k, label in enumerate(cells.axes[0].labels):
        hits = str(cells.hits[k]) if reachable[k] else "out of reach"
        failed = f" ({cells.failed[k]})" if cells.failed[k] else ""
        # Spaces that do not break keep a cell and its count on one line.
        parts.append(f"{label}: {hits}{failed}".replace(" ", "\u00a0"))
    return "  ".join(parts)


def _holes(title: str, groups: Sequence[Cells], draws: int, limit: int) -> list[str]:
    found = [(cells, cell) for cells in groups for cell in cells.holes]
    if draws:
        found.sort(key=lambda hole: -_draws(*hole))
    if not found:
        return []
    shown = found if limit == 0 else found[:limit]
    more = f", the likeliest {len(shown)} (all: --holes 0)" if len(shown) < len(found) else ""
    lines = [f"  {title}: {plural(len(found), 'cell')}{more}"]
    rows = []
    for cells, cell in shown:
        chance = [_estimate(_draws(cells, cell), draws)] if draws else []
        rows.append([cells.label(cell), *chance])
    head = ("cell that no variant hits", *(("of random draws (95 %)",) if draws else ()))
    lines.append(table(head, rows, right=(1,), indent="    "))
    return lines


def _estimate(met: int, draws: int) -> str:
    """A share in percent as random draws tell it, with what they leave open."""
    low, high = lower_bound(met, draws, EACH_WAY), upper_bound(met, draws, EACH_WAY)
    return f"{100 * met / draws:.2g} % ({100 * low:.2g} to {100 * high:.2g})"


def _unmet(coverage: ScenarioCoverage) -> list[str]:
    """What "out of reach" rests on; nothing when no cell is called so."""
    beyond = sum(total - reachable for _, reachable, total in map(totals, (coverage.ones, coverage.twos)))
    if not coverage.draws or not beyond:
        return []
    return [
        f"  out of reach: not met in {coverage.draws:,} random draws, so each such cell holds at most "
        f"{100 * unmet_share(coverage.draws):.2g} %\n  of them (95 % confidence), not surely none"
    ]


def unmet_share(draws: int) -> float:
    """Largest share that a cell may hold which no draw met, at 95 % confidence, one-sided."""
    return upper_bound(0, draws, 0.95)


def _draws(cells: Cells, cell: tuple[int, ...]) -> int:
    return 0 if cells.drawn is None else int(cells.drawn[cell])


def coverage_data(scenarios: Sequence[ScenarioCoverage]) -> list[dict[str, Any]]:
    """The same for machines, with every hole."""
    return [
        {
            "scenario": s.scenario,
            "variants": s.variants,
            "failed": s.failed,
            "draws": s.draws,
            "out_of_reach_at_most": unmet_share(s.draws) if s.draws else None,
            "one_way": _summary(s.ones),
            "two_way": _summary(s.twos),
            "parameters": {cells.axes[0].name: _parameter(cells) for cells in s.ones},
            "holes": {
                "one_way": [cells.label(cell) for cells in s.ones for cell in cells.holes],
                "two_way": [cells.label(cell) for cells in s.twos for cell in cells.holes],
            },
        }
        for s in scenarios
    ]


def _summary(cells: Sequence[Cells]) -> dict[str, int]:
    hit, reachable, total = totals(cells)
    return {"hit": hit, "reachable": reachable, "cells": total}


def _parameter(cells: Cells) -> list[dict[str, Any]]:
    (axis,) = cells.axes
    reachable = cells.reachable.tolist()
    hits, failed = cells.hits.tolist(), cells.failed.tolist()
    return [
        {"cell": label, "hits": hits[k], "failed": failed[k], "reachable": reachable[k]}
        for k, label in enumerate(axis.labels)
    ]
