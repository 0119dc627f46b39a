"""Whether two samples are of one distribution: tests by whole episodes, each with an effect size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgate.harness.multiplicity import holm_adjusted

PERMUTATIONS = 500
FEWEST = 8
"""Episodes of either side; with fewer nothing can be told."""
_SEED = 20261128
_RIDGE = 10.0

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Test:
    """One test.

    Attributes:
        name: Of the test, or of the statistic that it looks at.
        p_value: Under no drift.
        effect: How far apart the sides are, 0 (alike) to 1 (nothing in common).
        by_chance: The effect that two halves of one distribution show on average; nan where not known.
    """

    name: str
    p_value: float
    effect: float
    by_chance: float = float("nan")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two samples, compared.

    Attributes:
        tests: Energy distance, MMD, a classifier, the strongest single statistic; p-values adjusted by Holm.
        single: Each statistic by Kolmogorov and Smirnov, p-values adjusted by Holm among them.
    """

    tests: tuple[Test, ...]
    single: tuple[Test, ...]

    def drifts(self, alpha: float = 0.05) -> bool:
        """Whether any of the tests, all together at this level, tells the sides apart."""
        return any(one.p_value < alpha for one in self.tests)

    @property
    def effect(self) -> float:
        """The energy coefficient: what is reported and bounded."""
        return self.tests[0].effect


def compare(first: Table, second: Table, names: tuple[str, ...]) -> Comparison:
    """Compares episodes.

    Args:
        first: float64, shape (N, D): an episode a row.
        second: Likewise (M, D).
        names: Of the first columns: statistics that are tested each for itself.

    Raises:
        ValueError: A side has fewer than :data:`FEWEST` episodes, or none that the other does not show.
    """
    if min(len(first), len(second)) < FEWEST:
        raise ValueError(
            f"{len(first)} and {len(second)} episodes: of fewer than {FEWEST} on a side nothing can be told"
        )
    rows = [{row.tobytes() for row in side} for side in (first, second)]
    if rows[0] <= rows[1] or rows[1] <= rows[0]:
        raise ValueError(
            "all episodes of one side are on the other side too, so nothing is compared: "
            "name runs or packs that show different ones"
        )
    scaled_first, scaled_second = _scaled(first, second)
    single = _single(first[:, : len(names)], second[:, : len(names)], names)
    strongest = min(single, key=lambda one: one.p_value)
    tests = [
        *_by_distances(scaled_first, scaled_second),
        _by_classifier(scaled_first, scaled_second),
        Test(f"strongest statistic ({strongest.name})", strongest.p_value, strongest.effect),
    ]
    adjusted = holm_adjusted([one.p_value for one in tests])
    return Comparison(
        tuple(Test(one.name, p, one.effect, one.by_chance) for one, p in zip(tests, adjusted, strict=True)),
        single,
    )


def _scaled(first: Table, second: Table) -> tuple[Table, Table]:
    """Columns in units of their spread over both sides; what does not vary is left out."""
    both = np.concatenate([first, second])
    spread = both.std(axis=0)
    kept = spread > 1e-9 * np.maximum(np.abs(both).max(axis=0), 1e-9)
    middle = both.mean(axis=0)
    scale = spread[kept]
    return (first[:, kept] - middle[kept]) / scale, (second[:, kept] - middle[kept]) / scale


def _by_distances(first: Table, second: Table) -> list[Test]:
    from scipy.spatial.distance import cdist

    both = np.concatenate([first, second])
    distance = cdist(both, both)
    near = np.median(distance[np.triu_indices(len(both), 1)]) or 1.0
    kernel = np.exp(-0.5 * (distance / near) ** 2)
    sides = _sides(len(first), len(both))
    return [
        _permuted("energy distance", *_energy(sides, distance)),
        _permuted("MMD", *_mmd(sides, kernel)),
    ]


def _sides(first: int, both: int) -> Table:
    """Draws of who is on the first side, a row each, 1 or 0; the first row is what was observed."""
    sides = np.zeros((PERMUTATIONS + 1, both))
    sides[0, :first] = 1.0
    random = np.random.Generator(np.random.Philox(_SEED))
    for row in sides[1:]:
        row[random.permutation(both)[:first]] = 1.0
    return sides


def _means(sides: Table, pairs: Table) -> tuple[Table, Table, Table]:
    """Mean over pairs within the first side, within the second, and across; of different episodes."""
    others = 1.0 - sides
    n, m = sides[0].sum(), others[0].sum()
    inner = np.einsum("ki,ij,kj->k", sides, pairs, sides, optimize=True)
    outer = np.einsum("ki,ij,kj->k", others, pairs, others, optimize=True)
    across = np.einsum("ki,ij,kj->k", sides, pairs, others, optimize=True)
    own = float(pairs[0, 0])  # 0 for distances, 1 for kernels.
    return (inner - n * own) / (n * (n - 1)), (outer - m * own) / (m * (m - 1)), across / (n * m)


def _energy(sides: Table, distance: Table) -> tuple[Table, Table]:
    inner, outer, across = _means(sides, distance)
    value = 2.0 * across - inner - outer
    return value, value / (2.0 * np.maximum(across, 1e-12))


def _mmd(sides: Table, kernel: Table) -> tuple[Table, Table]:
    inner, outer, across = _means(sides, kernel)
    value = inner + outer - 2.0 * across
    return value, value / np.maximum(inner + outer, 1e-12)


def _permuted(name: str, values: Table, effects: Table) -> Test:
    p_value = (1 + int(np.count_nonzero(values[1:] >= values[0] - 1e-12))) / len(values)
    clipped = np.clip(effects, 0.0, 1.0)
    return Test(name, p_value, float(clipped[0]), float(clipped[1:].mean()))


def _by_classifier(first: Table, second: Table) -> Test:
    """A linear classifier (ridge) learns the sides, and is asked of each episode without having seen it.

    That is in closed form (leave one out by the hat matrix), so it can be done again for each permutation.
    """
    both = np.concatenate([first, second])
    if not both.shape[1]:
        return Test("classifier", 1.0, 0.0)
    labels = _sides(len(first), len(both)).T * 2.0 - 1.0
    shape = both.T @ both + _RIDGE * np.eye(both.shape[1])
    hat = both @ np.linalg.solve(shape, both.T) + 1.0 / len(both)
    own = np.diag(hat)[:, None]
    answers = (hat @ labels - own * labels) / (1.0 - own)
    scale = np.sqrt((answers**2).mean(axis=0))
    values = (answers * labels).mean(axis=0) / np.where(scale > 0.0, scale, 1.0)
    right = (np.sign(answers) == labels).mean(axis=0)
    return _permuted("classifier", values, 2.0 * right - 1.0)


def _single(first: Table, second: Table, names: tuple[str, ...]) -> tuple[Test, ...]:
    from scipy.stats import ks_2samp

    found = [ks_2samp(first[:, k], second[:, k], method="asymp") for k in range(len(names))]
    adjusted = holm_adjusted([float(one.pvalue) for one in found])
    return tuple(
        Test(name, p, float(one.statistic)) for name, p, one in zip(names, adjusted, found, strict=True)
    )


def foreignness(frames: Table, reference: Table) -> Table:
    """How foreign each frame is to the other side: its Mahalanobis distance, float64, shape (N,).

    Args:
        frames: float64, shape (N, D).
        reference: Of the other side, (M, D), M at least 2.
    """
    middle, spread = reference.mean(axis=0), reference.std(axis=0)
    scale = np.where(spread > 1e-9, spread, np.maximum(np.abs(middle), 1.0) * 1e-2)
    known = (reference - middle) / scale
    # Shrunk half-way to independence: the numbers of a frame are many, and episodes few.
    shape = 0.5 * (known.T @ known / len(known)) + 0.5 * np.eye(len(middle))
    found = (frames - middle) / scale
    solved = np.linalg.solve(shape, found.T).T
    squares: Table = np.maximum((found * solved).sum(axis=1), 0.0)
    return np.sqrt(squares)
