"""Which parameters bring one side nearer to the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simgate.harness.drift.sides import Side
from simgate.harness.drift.two_samples import foreignness
from simgate.harness.multiplicity import benjamini_hochberg


@dataclass(frozen=True, slots=True)
class Leaning:
    """A parameter along which episodes are more or less foreign.

    Attributes:
        parameter: Its name.
        correlation: Spearman's, of its value with how foreign an episode is.
        nearest: Its mean over the quarter of the episodes that is least foreign.
        mean: Over all.
        q_value: Of there being no such relation, after Benjamini and Hochberg.
    """

    parameter: str
    correlation: float
    nearest: float
    mean: float
    q_value: float


def leanings(side: Side, other: Side) -> list[Leaning]:
    """The numeric parameters of a side, those along which it comes nearest to the other one first."""
    from scipy.stats import spearmanr

    foreign = foreignness(side.table, other.table)
    quarter = np.argsort(foreign)[: max(len(foreign) // 4, 1)]
    found: list[Leaning] = []
    for name in sorted(set().union(*(one.parameters for one in side.episodes))):
        values = [one.parameters.get(name) for one in side.episodes]
        numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(numbers) < len(values) or len(set(numbers)) < 3:
            continue
        column = np.array(numbers)
        result = spearmanr(column, foreign)
        rank, p_value = float(result.statistic), float(result.pvalue)
        found.append(Leaning(name, rank, float(column[quarter].mean()), float(column.mean()), p_value))
    adjusted = benjamini_hochberg([one.q_value for one in found])
    both = [
        Leaning(one.parameter, one.correlation, one.nearest, one.mean, q)
        for one, q in zip(found, adjusted, strict=True)
    ]
    return sorted(both, key=lambda one: (one.q_value, -abs(one.correlation)))
