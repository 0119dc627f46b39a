"""The drop of the pass rate by scene: pairs of one scene are one unit of proof, as variants are.

A scene counts with the share of its pairs that are broken less the share that is fixed, between -1 and 1.
Where each scene has one pair, "the candidate is worse" is McNemar's exact test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from simgate.harness.gate.comparing.pairing import BROKEN, Pair, count_pairs
from simgate.harness.gate.scenes import Repeated
from simgate.harness.gate.statistics.bounded_mean import (
    Outcomes,
    at_least_p,
    at_most_p,
    lower_mean,
    upper_mean,
)


@dataclass(frozen=True, slots=True)
class SceneDrops:
    """Drops of scenes whose pairs count.

    Attributes:
        worst: Drop -> number of scenes, with every doubt against the candidate.
        best: The same with every doubt for the candidate.
        drop: Mean drop over the scenes with a valid pair; None without any.
        shared: Whether some scene has several pairs, or the trace of another; without, nothing else is known.
    """

    worst: Outcomes = field(default_factory=dict)
    best: Outcomes = field(default_factory=dict)
    drop: float | None = None
    shared: bool = False

    @property
    def number(self) -> int:
        """How many scenes there are."""
        return sum(self.worst.values())

    def too_large_p(self, margin: float, broken: int = 0, unchanged: int = 0) -> float:
        """P-value of "the drop is at least ``margin``": small values prove that it is below.

        Args:
            margin: What is allowed.
            broken: So many further scenes, of which all pairs break.
            unchanged: So many further scenes in which nothing changes.
        """
        return at_least_p(_with(self.worst, {1.0: broken, 0.0: unchanged}), margin, 1.0)

    def beyond_p(self, margin: float | None) -> float:
        """P-value of "the drop is at most ``margin``", or of "there is none" where None is stated."""
        return at_most_p(self.best, margin or 0.0, -1.0)

    def bounds(self, confidence: float) -> tuple[float, float]:
        """One-sided confidence bounds of the drop, each at the confidence."""
        return lower_mean(self.best, -1.0, confidence), upper_mean(self.worst, 1.0, confidence)


NOTHING_SHARED = SceneDrops()
"""Of pairs that have a scene of their own each; for them there are the tests of pairs."""


def scene_drops(pairs: Sequence[Pair], absent: int = 0) -> SceneDrops:
    """The drop of each scene, where some scene has several pairs.

    Args:
        pairs: From :func:`simgate.harness.gate.comparing.pairing.pair_up`.
        absent: Variants that a selection kept from running on either side; each counts as a scene of its own.
    """
    counting = [pair for pair in pairs if not pair.known]
    again, repeated = set(), Repeated()
    for pair in counting:
        if repeated.elsewhere(pair.scene, pair.now.trace):
            again.add(id(pair))
    if not again and len({pair.scene for pair in counting}) == len(counting):
        return NOTHING_SHARED
    scenes: dict[str, list[Pair]] = {}
    for pair in counting:
        scenes.setdefault(pair.scene, []).append(pair)
    worst, best, seen = Counter({1.0: absent}), Counter({-1.0: absent}), []
    for members in scenes.values():
        # A repeated trace says once that nothing was lost; losses count each.
        if kept := [p for p in members if id(p) not in again or p.results == BROKEN]:
            counts = count_pairs(kept)
            worst[(counts.worst[0] - counts.worst[1]) / counts.pairs] += 1
        counts = count_pairs(members)
        best[(counts.best[0] - counts.best[1]) / counts.pairs] += 1
        if counts.counted:
            seen.append((counts.broken - counts.fixed) / counts.counted)
    drop = sum(seen) / len(seen) if seen else None
    return SceneDrops(+worst, +best, drop, shared=True)


def _with(drops: Outcomes, more: Outcomes) -> Outcomes:
    return Counter(drops) + Counter(more)
