"""Searches failure slices: a small tree on one half of the variants, an exact test on the other.

1. The variants are cut into two halves, failed and passed ones apart, by a seeded shuffle.
2. A decision tree of depth three is grown on the first half. Every node of it is a candidate region.
3. On the second half, which took no part in the search, each candidate gets the exact p-value of its
   failures under permutation of the outcomes: the hypergeometric tail, which is what a permutation test
   converges to (Fisher 1935). Holm's step-down keeps the chance of any false slice below the level.
4. A condition is added to a supported region only where it helps: inside the region, the variants it keeps
   must fail more than those it drops, again by the exact test on the second half, and at most a quarter of
   the region's failures may be lost.

The result depends on the data and the seed alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from simgate.harness.multiplicity import holm_adjusted
from simgate.harness.slices.columns import Column, columns_of
from simgate.harness.slices.slice import Condition, Scalar, Slice

LEVEL = 0.05
MIN_GROUP = 8
"""Fewer failed or passed variants than this cannot be halved and still say anything."""
MAX_DEPTH = 3
MIN_LEAF = 3
MAX_SLICES = 3
KEPT_FAILURES = 0.75
"""A narrower region must keep this share of the failures, else it describes something else."""


class MissingExtra(ImportError):  # noqa: N818 - the name says what happened
    """scikit-learn is not installed; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class _Region:
    """A node of the tree.

    Attributes:
        conditions: Way from the root.
        mask: Variants inside, of all.
        parent: Index of the parent among the regions; None for children of the root.
    """

    conditions: tuple[Condition, ...]
    mask: NDArray[np.bool_]
    parent: int | None


def find_slices(
    parameters: Sequence[Mapping[str, Scalar]], failed: Sequence[bool], *, seed: int = 0
) -> list[Slice]:
    """Regions of the parameters that hold more failures than chance explains, most failures first.

    Args:
        parameters: Of each variant; a parameter that some variant lacks, or that never varies, is left out.
        failed: Whether each variant failed; leave out variants that are neither failed nor passed.
        seed: Of the halving.

    Returns:
        At most three slices, disjoint by construction; none when there is too little to say.

    Raises:
        MissingExtra: scikit-learn is not installed.
        ValueError: Not as many outcomes as variants.
    """
    outcomes = np.asarray(failed, dtype=np.bool_)
    if len(outcomes) != len(parameters):
        raise ValueError(f"{len(parameters)} variants, but {len(outcomes)} outcomes")
    if min(int(outcomes.sum()), int((~outcomes).sum())) < MIN_GROUP:
        return []
    if find_spec("sklearn") is None:
        raise MissingExtra("failure slices are searched with scikit-learn: pip install 'simgate[slices]'")
    columns = columns_of(parameters)
    if not columns:
        return []
    search = _first_half(outcomes, seed)
    regions = _regions(columns, outcomes, search, seed)
    adjusted = holm_adjusted([_tail(region.mask, outcomes, ~search) for region in regions])
    chosen = _most_specific(regions, adjusted, outcomes, ~search)
    slices = [_slice(regions[k], adjusted[k], outcomes, ~search) for k in chosen]
    return sorted(slices, key=lambda one: (-one.failed_inside, one.inside, one.region))[:MAX_SLICES]


def _first_half(failed: NDArray[np.bool_], seed: int) -> NDArray[np.bool_]:
    """Which variants the tree may see: half of the failed, half of the passed."""
    rng = np.random.Generator(np.random.Philox(seed))
    chosen = np.zeros(len(failed), dtype=np.bool_)
    for group in (np.flatnonzero(failed), np.flatnonzero(~failed)):
        chosen[rng.permutation(group)[: len(group) // 2]] = True
    return chosen


def _regions(
    columns: Sequence[Column], failed: NDArray[np.bool_], search: NDArray[np.bool_], seed: int
) -> list[_Region]:
    """Every node of the tree but its root, parents before children."""
    from sklearn.tree import DecisionTreeClassifier

    table = np.column_stack([column.values for column in columns])
    leaf = max(MIN_LEAF, int(search.sum()) // 50)
    model = DecisionTreeClassifier(
        max_depth=MAX_DEPTH, min_samples_leaf=leaf, class_weight="balanced", random_state=seed
    )
    tree = model.fit(table[search], failed[search]).tree_
    regions: list[_Region] = []
    open_nodes: list[tuple[int, tuple[Condition, ...], NDArray[np.bool_], int | None]]
    open_nodes = [(0, (), np.ones(len(failed), dtype=np.bool_), None)]
    while open_nodes:
        node, conditions, mask, parent = open_nodes.pop(0)
        if node:
            regions.append(_Region(_merged(conditions), mask, parent))
        if tree.children_left[node] < 0:
            continue
        here = len(regions) - 1 if node else None
        column = columns[tree.feature[node]]
        threshold = column.rounded(float(tree.threshold[node]))
        below = column.values < threshold
        for child, side, is_below in (
            (tree.children_left[node], below, True),
            (tree.children_right[node], ~below, False),
        ):
            condition = column.condition(threshold, is_below)
            open_nodes.append((int(child), (*conditions, condition), mask & side, here))
    return regions


def _merged(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """Conditions without those that a later one on the same side of the same parameter makes needless."""
    kept: dict[tuple[str, str, object], Condition] = {}
    for condition in conditions:
        word = condition.value if condition.op in ("=", "!=") else None
        kept.pop((condition.parameter, condition.op, word), None)
        kept[condition.parameter, condition.op, word] = condition
    equal = {condition.parameter for condition in kept.values() if condition.op == "="}
    return tuple(c for c in kept.values() if not (c.op == "!=" and c.parameter in equal))


def _tail(region: NDArray[np.bool_], failed: NDArray[np.bool_], judged: NDArray[np.bool_]) -> float:
    """Chance of at least so many failures in a region when the judged variants' outcomes are permuted."""
    from scipy.stats import hypergeom

    inside = region & judged
    hits, size = int((failed & inside).sum()), int(inside.sum())
    return float(hypergeom.sf(hits - 1, int(judged.sum()), int((failed & judged).sum()), size))


def _most_specific(
    regions: Sequence[_Region],
    adjusted: Sequence[float],
    failed: NDArray[np.bool_],
    held_out: NDArray[np.bool_],
) -> list[int]:
    """Supported regions, each as narrow as the held-out variants support, none overlapping another."""
    supported = [k for k in range(len(regions)) if adjusted[k] <= LEVEL]
    below = {k: [d for d in supported if d != k and _lies_in(regions, d, k)] for k in supported}
    topmost = [k for k in supported if not any(k in inner for inner in below.values())]

    def narrowed(k: int) -> list[int]:
        judged = held_out & regions[k].mask
        tails = {d: _tail(regions[d].mask, failed, judged) for d in below[k]}
        denser = [d for d in tails if tails[d] * len(tails) <= LEVEL]
        chosen: list[int] = []
        for d in sorted(denser, key=lambda d: (tails[d], d)):
            if not any((regions[d].mask & regions[other].mask).any() for other in chosen):
                chosen.append(d)
        kept = sum(int((failed & regions[d].mask).sum()) for d in chosen)
        if kept < KEPT_FAILURES * int((failed & regions[k].mask).sum()):
            return [k]
        return [leaf for d in chosen for leaf in narrowed(d)]

    return [leaf for k in topmost for leaf in narrowed(k)]


def _lies_in(regions: Sequence[_Region], inner: int, outer: int) -> bool:
    """Whether one region was cut out of another."""
    parent = regions[inner].parent
    while parent is not None and parent != outer:
        parent = regions[parent].parent
    return parent == outer


def _slice(region: _Region, p_value: float, failed: NDArray[np.bool_], held_out: NDArray[np.bool_]) -> Slice:
    inside = region.mask
    judged = inside & held_out
    return Slice(
        conditions=region.conditions,
        failed_inside=int((failed & inside).sum()),
        inside=int(inside.sum()),
        failed=int(failed.sum()),
        total=len(failed),
        held_out=(
            int((failed & judged).sum()),
            int(judged.sum()),
            int((failed & held_out).sum()),
            int(held_out.sum()),
        ),
        p_value=p_value,
    )
