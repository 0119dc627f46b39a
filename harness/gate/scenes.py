"""Results by scene: runs of one and the same scene are one unit of proof, however many there are.

Each scene counts the same, with the share of its variants that passed. How alike the variants of a scene are
is neither assumed nor estimated: few scenes tell too little of it, and the one that fails as a whole may be
the one that was not drawn. Where no scene has several variants this is the binomial test of the variants.

Runs with equal traces are one run under several names, whatever scenes they claim: a parameter was drawn that
changes nothing, or records were copied. What passed so counts once for GO. Failures count each, for a robot
that fails at once fails alike in scenes that do differ, before what differs can matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from simgate.harness.gate.statistics.bounded_mean import at_least_p, at_most_p, lower_mean, upper_mean

_BITS = 21
_ONE = {True: 1, False: 1 << _BITS, None: 1 << 2 * _BITS}


def _counts(ended: int) -> tuple[int, int, int]:
    most = (1 << _BITS) - 1
    return ended & most, ended >> _BITS & most, ended >> 2 * _BITS


Results = tuple[tuple[int, int, int, int], ...]


class Repeated:
    """Which traces were seen in which scene first. A trace of 0 is that of nothing else."""

    def __init__(self) -> None:
        self._first: dict[int, str] = {}

    def unit(self, scene: str, trace: int) -> str:
        """The scene in which this trace was seen first."""
        return self._first.setdefault(trace, scene) if trace else scene

    def elsewhere(self, scene: str, trace: int) -> bool:
        """Whether this trace was seen first in another scene."""
        return self.unit(scene, trace) != scene


@dataclass(frozen=True, slots=True)
class Scenes:
    """How the variants of each scene ended.

    Attributes:
        results: (passed, failed, doubtful, how many scenes ended so).
        proving: The same without what passed with the trace of another scene; None where nothing did.
        repeats: Variants that passed with the trace of another scene, the first of each left out.
    """

    results: Results = ()
    proving: Results | None = None
    repeats: int = 0

    @classmethod
    def of(cls, variants: Iterable[tuple[str, bool | None, int]], left_out: int = 0) -> Scenes:
        """Counts variants by scene.

        Args:
            variants: (scene, whether it passed, None where that is in doubt, its trace where others may have
                the same, else 0).
            left_out: Variants that never were to run; each is taken for a scene of its own, in doubt.
        """
        # Three counts in one number: there may be millions of scenes.
        ended: dict[str, int] = {}
        again: Counter[str] = Counter()
        repeated = Repeated()
        for scene, passed, trace in variants:
            ended[scene] = ended.get(scene, 0) + _ONE[passed]
            if trace and passed and repeated.elsewhere(scene, trace):
                again[scene] += 1

        def without(again: Mapping[str, int]) -> Results:
            left = Counter(ended.values())
            for scene, times in again.items():
                left[ended[scene]] -= 1
                left[ended[scene] - times * _ONE[True]] += 1
            left[_ONE[None]] += left_out
            return tuple(sorted((*_counts(ends), number) for ends, number in left.items() if ends and number))

        return cls(
            without({}),
            without(again) if again else None,
            again.total(),
        )

    @classmethod
    def alone(cls, passed: int, failed: int, doubtful: int) -> Scenes:
        """Of so many variants, no two of one scene or with one trace."""
        results = (0, 0, 1, doubtful), (0, 1, 0, failed), (1, 0, 0, passed)
        return cls(tuple(result for result in results if result[3]))

    @property
    def number(self) -> int:
        """How many scenes there are."""
        return sum(result[3] for result in self.results)

    @property
    def variants(self) -> int:
        """How many variants lie in them."""
        return sum((passed + failed + doubtful) * number for passed, failed, doubtful, number in self.results)

    @property
    def shared(self) -> bool:
        """Whether some scene has several variants, or the trace of another."""
        return self.repeats > 0 or self.variants > self.number

    @property
    def passing(self) -> float:
        """Scenes with a valid result, each by the share of its valid variants that passed, summed up."""
        return sum(
            number * passed / (passed + failed)
            for passed, failed, _, number in self.results
            if passed + failed
        )

    @property
    def with_result(self) -> int:
        """Scenes with a valid result."""
        return sum(number for passed, failed, _, number in self.results if passed + failed)

    def proof_p(self, share: float, more: int = 0, doubtful_passes: bool = False) -> float:
        """P-value of "at most ``share`` pass"; what is doubtful has failed, ``more`` further scenes pass."""
        return at_most_p(self._shares(self._proof, int(doubtful_passes), {1.0: more}), share, 0.0)

    def refutation_p(self, share: float, more: int = 0) -> float:
        """P-value of "at least ``share`` pass"; what is doubtful has passed, ``more`` further scenes fail."""
        return at_least_p(self._shares(self.results, 1, {0.0: more}), share, 1.0)

    def failing_p(self, share: float, more: int) -> float:
        """As :meth:`proof_p`, with ``more`` further scenes that fail."""
        return at_most_p(self._shares(self._proof, 0, {0.0: more}), share, 0.0)

    def lower(self, confidence: float) -> float:
        """One-sided lower bound of the pass rate; what is doubtful has failed."""
        return lower_mean(self._shares(self._proof, 0), 0.0, confidence)

    def upper(self, confidence: float) -> float:
        """One-sided upper bound of the pass rate; what is doubtful has passed."""
        return upper_mean(self._shares(self.results, 1), 1.0, confidence)

    @property
    def _proof(self) -> Results:
        return self.results if self.proving is None else self.proving

    @staticmethod
    def _shares(
        results: Results, doubtful_passes: int, more: Mapping[float, int] | None = None
    ) -> Counter[float]:
        shares = Counter(more or {})
        for passed, failed, doubtful, number in results:
            shares[(passed + doubtful_passes * doubtful) / (passed + failed + doubtful)] += number
        return shares


NO_SCENES = Scenes()
"""Of what has no variants, or none that share a scene."""
