"""Running evidence for one gate rule, variant after variant, that may be looked at as the run goes on.

A pass rate has a known number of variants and is tested by exact boundaries (``stopping_boundary``). What has
no known end (samples of a latency, pairs that differ) is tested by e-values, valid at any stopping time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from simgate.harness.gate.comparing.pairing import ByDigest, Pair, count_pairs, pair_up
from simgate.harness.gate.rules.deployed import foreign_runtime
from simgate.harness.gate.rules.latency import samples_of
from simgate.harness.gate.statistics.e_values import anytime_p, enough, log_e_at_least, log_e_below
from simgate.harness.gate.statistics.intervals import fewest
from simgate.harness.gate.statistics.paired_betting import log_e_drop_below, sequence_bounds
from simgate.harness.gate.statistics.stopping_boundary import Boundary, go_boundary, no_go_boundary
from simgate.harness.gate.tally import JudgedVariant, Status
from simgate.harness.gate.verdict import Interval
from simgate.harness.packs.checks.latency_percentile import LatencyPercentile

_EACH_WAY = "one-sided each way, valid at any stopping time"
_BY_STAGES = "exact over all looks of the planned run, one-sided each way"
_MOST_TRIED = 100_000
"""A search for what would prove a rule ends here."""


class RuleEvidence(ABC):
    """What the variants counted so far say for and against a rule.

    What is doubtful (INVALID, ERROR) counts against whatever is to be proven: as a failure for GO, as a
    success for NO-GO.

    Args:
        confidence: Of the rule.
    """

    def __init__(self, confidence: float) -> None:
        self.confidence = confidence
        self.variants: list[JudgedVariant] = []
        self._seen: set[tuple[str, str]] = set()
        self.go_at: int | None = None
        """Number of this rule's variants at which it was proven; it stays proven."""
        self.interval_at_go: Interval | None = None

    def add(self, variant: JudgedVariant) -> None:
        """Counts one more variant of the rule's scope, unless it is the simulation of an earlier one."""
        if variant.simulation in self._seen:
            return
        self._seen.add(variant.simulation)
        self.variants.append(variant)
        self._count(variant)

    def look(self, at_end: bool = False) -> None:
        """Takes the evidence as it stands.

        Args:
            at_end: No further variant of the run will come.
        """
        self._weigh(at_end)
        if self.go_at is None and self._proves(at_end):
            self.go_at = len(self.variants)
            self.interval_at_go = self._interval()

    @property
    @abstractmethod
    def p_value(self) -> float:
        """Of the rule's statement, valid over all looks together."""

    @property
    def proven(self) -> bool:
        """Whether the rule was proven at some look."""
        return self.go_at is not None

    @property
    def interval(self) -> Interval | None:
        """The confidence sequence: when the rule was proven, else now; None where there is none."""
        return self.interval_at_go or self._interval()

    def _interval(self) -> Interval | None:
        return None

    def clean_needed(self) -> int | None:
        """How many more of what it counts, all of them good, would prove the rule; None for too many.

        Variants for a pass rate, samples for a latency, pairs that both versions pass for a regression.
        """
        return None

    @abstractmethod
    def _count(self, variant: JudgedVariant) -> None: ...

    @abstractmethod
    def _weigh(self, at_end: bool) -> None:
        """Notes what speaks against the rule."""

    @abstractmethod
    def _proves(self, at_end: bool) -> bool: ...


class AnytimeEvidence(RuleEvidence):
    """Evidence in e-values."""

    def __init__(self, confidence: float) -> None:
        super().__init__(confidence)
        self.log_e_no_go = 0.0
        """Largest evidence against it so far."""

    @property
    def p_value(self) -> float:
        """See the base class."""
        return anytime_p(self.log_e_no_go)

    def _weigh(self, at_end: bool) -> None:
        self.log_e_no_go = max(self.log_e_no_go, self._log_e_no_go())

    def _proves(self, at_end: bool) -> bool:
        return self._log_e_go() >= enough(self.confidence)

    @abstractmethod
    def _log_e_go(self) -> float: ...

    @abstractmethod
    def _log_e_no_go(self) -> float: ...


class PassRateEvidence(RuleEvidence):
    """Evidence on a pass rate over a known number of variants.

    Args:
        p0: What the rule demands.
        confidence: Of the rule.
        planned: Variants of its scope in the whole run.
        rules: Rules that Holm's procedure weighs against each other.
    """

    def __init__(self, p0: float, confidence: float, planned: int, rules: int = 1) -> None:
        super().__init__(confidence)
        self.p0, self.planned, self._rules = p0, planned, rules
        self.successes = self.failures = self.doubtful = 0
        self._history: list[tuple[int, int, bool]] = []
        self._levels_crossed = 0

    @property
    def counted(self) -> int:
        """Variants that count, doubtful ones among them."""
        return self.successes + self.failures + self.doubtful

    @property
    def p_value(self) -> float:
        """See the base class; alpha / j where the boundaries at alpha, alpha / 2, ... alpha / j were crossed.

        Holm's procedure asks for no other levels, and no boundary need lie inside another for it.
        """
        # Crossing a boundary is as rare as its level or rarer, and Holm's procedure rejects below a level.
        level = self._levels_crossed
        return (1.0 - 1e-12) * (1.0 - self.confidence) / level if level else 1.0

    def _count(self, variant: JudgedVariant) -> None:
        self.successes += variant.status is Status.SUCCESS
        self.failures += variant.status is Status.FAILURE
        self.doubtful += variant.status in (Status.INVALID, Status.ERROR)

    def _weigh(self, at_end: bool) -> None:
        self._history.append((self.counted, self.failures, at_end))
        new = self._history[-1:]
        while self._levels_crossed < self._rules and self._crossed(self._levels_crossed + 1, new):
            self._levels_crossed += 1
            # A stricter boundary is made when the one before it was crossed: it has missed every look.
            new = self._history

    def _crossed(self, level: int, looks: Sequence[tuple[int, int, bool]]) -> bool:
        boundary = no_go_boundary(self.planned, self.p0, (1.0 - self.confidence) / level)
        return any(_over(boundary, *look) for look in looks)

    def _proves(self, at_end: bool) -> bool:
        return _over(self._go, self.counted, self.failures + self.doubtful, at_end)

    @property
    def _go(self) -> Boundary:
        return go_boundary(self.planned, self.p0, 1.0 - self.confidence)

    def clean_needed(self) -> int | None:
        """See the base class."""
        total, against = self.counted, self.failures + self.doubtful
        left = range(self.planned - total + 1)
        return next((k for k in left if self._go.crossed(total + k, against)), None)

    def _interval(self) -> Interval:
        total, alpha = self.counted, 1.0 - self.confidence
        if not total:
            return Interval(low=0.0, high=1.0, confidence=self.confidence, method=_BY_STAGES)
        upper = no_go_boundary(self.planned, self.p0, alpha)
        return Interval(
            low=1.0 - self._go.bound(total, self.failures + self.doubtful, alpha),
            high=1.0 - upper.bound(total, self.failures, alpha),
            confidence=self.confidence,
            method=_BY_STAGES,
        )


def _over(boundary: Boundary, total: int, failures: int, at_end: bool) -> bool:
    if not total:
        return False
    return boundary.crossed_at_end(total, failures) if at_end else boundary.crossed(total, failures)


class LatencyEvidence(AnytimeEvidence):
    """Evidence on a latency percentile: the share of samples within the limit.

    Args:
        which: The percentile.
        limit_ms: What the rule demands.
        confidence: Of the rule.
        any_runtime: Whether what another runtime than the deployed one took counts as well.
    """

    def __init__(
        self, which: LatencyPercentile, limit_ms: float, confidence: float, any_runtime: bool
    ) -> None:
        super().__init__(confidence)
        self.which, self.limit_ms, self._any_runtime = which, limit_ms, any_runtime
        self.within = self.over = self._largest = self._silent = 0

    @property
    def unknown(self) -> int:
        """Samples that doubtful variants owe, estimated by the most that any variant gave."""
        return self._silent * self._largest

    def _count(self, variant: JudgedVariant) -> None:
        # Samples of another runtime than the deployed one say nothing; the variant then owes its samples.
        foreign = not self._any_runtime and foreign_runtime([variant], self.which.measured)
        samples = (not foreign and samples_of(variant, self.which)) or ()
        within = sum(sample <= self.limit_ms for sample in samples)
        self.within += within
        self.over += len(samples) - within
        self._largest = max(self._largest, len(samples))
        self._silent += not samples

    def _log_e_go(self) -> float:
        return log_e_at_least(self.within, self.over + self.unknown, self.which.share)

    def _log_e_no_go(self) -> float:
        return log_e_below(self.within + self.unknown, self.over, self.which.share)

    def clean_needed(self) -> int | None:
        """See the base class."""
        against, share, level = self.over + self.unknown, self.which.share, enough(self.confidence)
        return fewest(lambda k: log_e_at_least(self.within + k, against, share) >= level, _MOST_TRIED)


class RegressionEvidence(AnytimeEvidence):
    """Evidence on a drop against a baseline.

    Args:
        baseline: The baseline's variants by what is simulated, scenario by scenario.
        max_drop: What the rule allows.
        confidence: Of the rule.
    """

    def __init__(self, baseline: ByDigest, max_drop: float, confidence: float) -> None:
        super().__init__(confidence)
        self._baseline, self.max_drop = baseline, max_drop
        self.pairs: list[Pair] = []

    def _count(self, variant: JudgedVariant) -> None:
        self.pairs += pair_up([variant], self._baseline)

    def _log_e_go(self) -> float:
        counts = count_pairs(self.pairs)
        return log_e_drop_below(*counts.worst, counts.pairs, self.max_drop)

    def _log_e_no_go(self) -> float:
        counts = count_pairs(self.pairs)
        broken, fixed = counts.best
        # A drop of more than d is, in the other order of the runs, one below -d.
        return log_e_drop_below(fixed, broken, counts.pairs, -self.max_drop)

    def clean_needed(self) -> int | None:
        """See the base class."""
        counts = count_pairs(self.pairs)
        broken, fixed = counts.worst

        def proven(more: int) -> bool:
            log_e = log_e_drop_below(broken, fixed, counts.pairs + more, self.max_drop)
            return log_e >= enough(self.confidence)

        return fewest(proven, _MOST_TRIED)

    def _interval(self) -> Interval:
        counts = count_pairs(self.pairs)
        low, high = sequence_bounds(counts.worst, counts.best, counts.pairs, self.confidence)
        method = f"paired betting confidence sequence, {_EACH_WAY}"
        return Interval(low=low, high=high, confidence=self.confidence, method=method)
