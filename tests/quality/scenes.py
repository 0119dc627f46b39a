"""Is a GO on variants that share scenes as rarely false as it says? ``python -m tests.quality.scenes``.

Scenes have pass rates of their own, with mean p0: the model is at the very edge of the rule. How alike the
variants of a scene are is the correlation, from 0 to 1, in two families: ``beta`` (pass rates of scenes have a
beta distribution) and ``copies`` (each variant takes the outcome of its scene with a chance of the root of the
correlation, else one of its own, so that few scenes are much worse than all others). Seeded.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, multinomial

from simgate.harness.gate.scenes import Scenes
from simgate.harness.gate.statistics.bounded_mean import at_most_p
from simgate.harness.gate.statistics.intervals import proves_at_least

ALPHA = 0.05
CORRELATIONS = (0.0, 0.1, 0.3, 0.6, 1.0)
DEMANDS = (0.9, 0.95, 0.98)
SIZES = (20, 40, 100, 160, 300)
VARIANTS = (5, 15)
Passes = NDArray[np.int64]


def drawn(
    rng: np.random.Generator, family: str, packs: int, scenes: int, each: int, rate: float, alike: float
) -> Passes:
    """Passing variants of each scene, shape (packs, scenes)."""
    if alike == 1.0:
        return each * rng.binomial(1, rate, (packs, scenes))
    if family == "copies":
        copied = math.sqrt(alike)
        rates = copied * rng.binomial(1, rate, (packs, scenes)) + (1.0 - copied) * rate
    elif alike == 0.0:
        rates = np.full((packs, scenes), rate)
    else:
        spread = 1.0 / alike - 1.0
        rates = rng.beta(rate * spread, (1.0 - rate) * spread, (packs, scenes))
    return rng.binomial(each, rates)


@cache
def is_go(ends: tuple[int, ...], each: int, p0: float) -> bool:
    """The gate's own decision; ``ends`` says how many scenes had 0, 1, ... passing variants."""
    return _scenes(ends, each).proof_p(p0) <= ALPHA


@cache
def is_no_go(ends: tuple[int, ...], each: int, p0: float) -> bool:
    """The same for NO-GO."""
    return _scenes(ends, each).refutation_p(p0) < ALPHA


def _scenes(ends: tuple[int, ...], each: int) -> Scenes:
    return Scenes(tuple((passed, each - passed, 0, number) for passed, number in enumerate(ends) if number))


def _ends(passes: Passes, each: int) -> Iterator[tuple[int, ...]]:
    """Of each pack, how many scenes had 0, 1, ... passing variants."""
    return (tuple(np.bincount(row, minlength=each + 1).tolist()) for row in passes)


def share_of_go(passes: Passes, each: int, p0: float) -> float:
    """Share of the packs that get GO."""
    scenes = passes.shape[1]
    if p0**scenes > ALPHA:
        return 0.0  # Not even if every variant of every scene passes.
    hopeful = passes[passes.mean(axis=1) > p0 * each]
    return sum(is_go(one, each, p0) for one in _ends(hopeful, each)) / len(passes)


def share_of_no_go(passes: Passes, each: int, p0: float) -> float:
    """Share of the packs that get NO-GO."""
    return sum(is_no_go(one, each, p0) for one in _ends(passes, each)) / len(passes)


@dataclass(frozen=True)
class Cell:
    """A rate of false GO."""

    family: str
    p0: float
    scenes: int
    each: int
    rates: tuple[float, ...]
    """For each correlation."""


def false_go(packs: int = 1_000, sizes: tuple[int, ...] = SIZES) -> Iterator[Cell]:
    """False GO over scenes, variants of each, correlation and demand."""
    rng = np.random.default_rng(11)
    for family, p0, scenes, each in itertools.product(("beta", "copies"), DEMANDS, sizes, VARIANTS):
        rates = tuple(
            share_of_go(drawn(rng, family, packs, scenes, each, p0, alike), each, p0)
            for alike in CORRELATIONS
        )
        yield Cell(family, p0, scenes, each, rates)


def of_three_values(scenes: int, p0: float) -> float:
    """The largest exact chance of a false GO over populations of scenes with three pass rates in fifths."""
    counts = np.array([(a, b, scenes - a - b) for a in range(scenes + 1) for b in range(scenes + 1 - a)])
    worst = 0.0
    for support in itertools.combinations((0.0, 0.2, 0.4, 0.6, 0.8, 1.0), 3):
        if not support[0] < p0 < support[2]:
            continue
        hopeful = counts[counts @ np.array(support) > p0 * scenes]
        go = np.array(
            [at_most_p(dict(zip(support, row, strict=True)), p0, 0.0) <= ALPHA for row in hopeful.tolist()]
        )
        for weights in _of_mean(support, p0):
            worst = max(worst, float(multinomial.pmf(hopeful[go], scenes, weights).sum()))
    return worst


def _of_mean(support: tuple[float, ...], mean: float) -> Iterator[tuple[float, float, float]]:
    """Weights of three values with that mean."""
    low, middle, high = support
    for weight in np.linspace(0.0, 1.0, 41):
        rest = 1.0 - weight
        upper = (mean - weight * middle - rest * low) / (high - low)
        if 0.0 <= upper <= rest:
            yield float(rest - upper), float(weight), float(upper)


@dataclass(frozen=True)
class Power:
    """Chance of GO for a model that is better than demanded, its variants independent of each other."""

    p0: float
    true: float
    scenes: int
    each: int
    power: float
    most: float
    """What no test can exceed that is right for every population of scenes."""
    all_or_nothing: float
    """Of a test of scenes that count only when all their variants pass."""


def powers(packs: int = 1_000) -> Iterator[Power]:
    """What the test sees where variants within a scene clearly vary."""
    rng = np.random.default_rng(12)
    for p0, true, scenes, each in (
        (0.9, 0.97, 40, 10),
        (0.9, 0.97, 60, 10),
        (0.9, 0.95, 100, 10),
        (0.9, 0.93, 300, 10),
        (0.95, 0.99, 100, 10),
        (0.98, 0.995, 300, 10),
    ):
        go = share_of_go(drawn(rng, "beta", packs, scenes, each, true, 0.0), each, p0)
        # A population of which a few scenes fail as a whole is as the true one when none of them is drawn.
        failing = (true - p0) / true
        most = min(1.0, ALPHA / (1.0 - failing) ** scenes)
        whole = np.arange(scenes + 1)
        proven = np.array([proves_at_least(int(k), scenes, p0, 1.0 - ALPHA) for k in whole])
        alone = float(binom.pmf(whole, scenes, true**each) @ proven)
        yield Power(p0, true, scenes, each, go, most, alone)


def main() -> None:
    """Prints the tables of docs/verdicts.md."""
    head = " | ".join(f"{alike:g}" for alike in CORRELATIONS)
    print(f"| family | p0 | scenes | variants each | {head} |\n|{'---|' * (4 + len(CORRELATIONS))}")
    for cell in false_go():
        rates = " | ".join(f"{rate:.3f}" for rate in cell.rates)
        print(f"| {cell.family} | {cell.p0} | {cell.scenes} | {cell.each} | {rates} |", flush=True)
    print("\n| scenes | p0 | worst of three pass rates |\n|---|---|---|")
    for scenes, p0 in ((30, 0.9), (45, 0.9), (60, 0.95)):
        print(f"| {scenes} | {p0} | {of_three_values(scenes, p0):.4f} |", flush=True)
    print(
        "\n| p0 | true | scenes | each | GO | no valid test above | whole scenes |\n|---|---|---|---|---|---|---|"
    )
    for row in powers():
        print(
            f"| {row.p0} | {row.true} | {row.scenes} | {row.each} | {row.power:.3f} | {row.most:.3f} | "
            f"{row.all_or_nothing:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
