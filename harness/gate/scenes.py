"""Results by scene: runs of one and the same scene are one unit of proof, however many there are.

Each scene counts the same, with the share of its variants that passed. How alike the variants of a scene are
is neither assumed nor estimated: few scenes tell too little of it, and the one that fails as a whole may be
the one that was not drawn. Where no scene has several variants this is the binomial test of the variants.
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


@dataclass(frozen=True, slots=True)
class Scenes:
    """How the variants of each scene ended.

    Attributes:
        results: (passed, failed, doubtful, how many scenes ended so).
    """

    results: tuple[tuple[int, int, int, int], ...] = ()

    @classmethod
    def of(cls, variants: Iterable[tuple[str, bool | None]], left_out: int = 0) -> Scenes:
        """Counts variants by scene.

        Args:
            variants: (scene, whether it passed, None where that is in doubt).
            left_out: Variants that never were to run; each is taken for a scene of its own, in doubt.
        """
        # Three counts in one number: there may be millions of scenes.
        ended: dict[str, int] = {}
        for scene, passed in variants:
            ended[scene] = ended.get(scene, 0) + _ONE[passed]
        results = Counter(ended.values())
        results[_ONE[None]] += left_out
        return cls(tuple(sorted((*_counts(ends), number) for ends, number in results.items() if number)))

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
        """Whether some scene has several variants."""
        return self.variants > self.number

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
        return at_most_p(self._shares(int(doubtful_passes), {1.0: more}), share, 0.0)

    def refutation_p(self, share: float, more: int = 0) -> float:
        """P-value of "at least ``share`` pass"; what is doubtful has passed, ``more`` further scenes fail."""
        return at_least_p(self._shares(1, {0.0: more}), share, 1.0)

    def failing_p(self, share: float, more: int) -> float:
        """As :meth:`proof_p`, with ``more`` further scenes that fail."""
        return at_most_p(self._shares(0, {0.0: more}), share, 0.0)

    def lower(self, confidence: float) -> float:
        """One-sided lower bound of the pass rate; what is doubtful has failed."""
        return lower_mean(self._shares(0), 0.0, confidence)

    def upper(self, confidence: float) -> float:
        """One-sided upper bound of the pass rate; what is doubtful has passed."""
        return upper_mean(self._shares(1), 1.0, confidence)

    def _shares(self, doubtful_passes: int, more: Mapping[float, int] | None = None) -> Counter[float]:
        shares = Counter(more or {})
        for passed, failed, doubtful, number in self.results:
            shares[(passed + doubtful_passes * doubtful) / (passed + failed + doubtful)] += number
        return shares


NO_SCENES = Scenes()
"""Of what has no variants, or none that share a scene."""
