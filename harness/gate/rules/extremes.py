"""What variants or pairs lose at worst and at best, scene by scene: what rules on a mean bet on.

A trace that was seen in another scene says once that no more is lost than the limit allows, as with what
passes (:mod:`simgate.harness.gate.scenes`); what loses more counts each, and against the rule all count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simgate.harness.gate.comparing.metric_changes import scene_means
from simgate.harness.gate.scenes import Repeated
from simgate.harness.gate.statistics.paired_betting import MeanBet, Numbers
from simgate.harness.gate.stopping.rule_evidence import AnytimeEvidence


class Extremes:
    """Losses whose mean is held against a limit.

    Args:
        limit: What the mean is to stay below.
        largest: The largest loss there can be; the smallest is ``-largest``.
    """

    def __init__(self, limit: float, largest: float) -> None:
        self.limit, self.largest = limit, largest
        self.worst: list[float] = []
        self.best: list[float] = []
        self._proving: list[bool] = []
        self._scenes: list[str] = []
        self._repeated = Repeated()

    def count(self, worst: float, best: float, scene: str, trace: int) -> None:
        """Takes one more variant or pair; what is in doubt has a worst and a best loss that differ."""
        again = self._repeated.elsewhere(scene, trace)
        self.worst.append(worst)
        self.best.append(best)
        self._proving.append(worst > self.limit or not again)
        self._scenes.append(scene)

    def absent(self, number: int) -> None:
        """Takes variants that a selection kept from running; they may be anything."""
        for k in range(number):
            self.count(self.largest, -self.largest, f"left out {k}", 0)

    @property
    def doubtful(self) -> int:
        """How many count as both extremes."""
        return sum(worst != best for worst, best in zip(self.worst, self.best, strict=True))

    @property
    def scenes(self) -> int | None:
        """How many scenes can prove something; None where each variant is one of its own."""
        number = len({scene for scene, proves in zip(self._scenes, self._proving, strict=True) if proves})
        return number if number < len(self._scenes) else None

    def at_worst(self) -> Numbers:
        """Mean loss of each scene with every doubt against the rule."""
        return self._by_scene(np.where(self._proving, self.worst, np.nan))

    def at_best(self) -> Numbers:
        """Mean loss of each scene with every doubt for the rule."""
        return self._by_scene(self.best)

    def bet(self, within: MeanBet, beyond: MeanBet) -> None:
        """Bets on what was counted last."""
        if self._proving[-1]:
            within.add(self.worst[-1])
        beyond.add(-self.best[-1])

    def _by_scene(self, losses: Sequence[float] | Numbers) -> Numbers:
        if self.scenes is None:
            return np.array(losses)
        means: Numbers = scene_means(np.array([losses]), self._scenes)[0]
        return means[~np.isnan(means)]


class ExtremesEvidence(AnytimeEvidence):
    """Evidence on the mean of such losses, variant after variant, each a scene of its own.

    Args:
        confidence: Of the rule.
        losses: Which are counted, none as yet.
    """

    def __init__(self, confidence: float, losses: Extremes) -> None:
        super().__init__(confidence)
        self._within = MeanBet(losses.limit, losses.largest)
        self._beyond = MeanBet(-losses.limit, losses.largest)

    def _log_e_go(self) -> float:
        return self._within.log_e

    def _log_e_no_go(self) -> float:
        return self._beyond.log_e
