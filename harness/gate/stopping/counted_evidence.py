"""Rules that count what this very run holds, while the run goes on: nothing is tested or weighed."""

from __future__ import annotations

from collections.abc import Mapping

from simgate.harness.gate.rules.every_variant import standing
from simgate.harness.gate.stopping.rule_evidence import RuleEvidence
from simgate.harness.gate.tally import IN_QUARANTINE, WITHOUT_RESULT, JudgedVariant
from simgate.harness.results.record import Outcome


class CountedEvidence(RuleEvidence):
    """Proven by what it is now, not by a look that once proved it."""

    def __init__(self) -> None:
        super().__init__(confidence=0.0)

    @property
    def p_value(self) -> float:
        """See the base class; chance refutes nothing here."""
        return 1.0

    @property
    def is_refuted(self) -> bool:
        """Whether what was counted refutes the rule, whatever comes."""
        return False

    def _weigh(self, at_end: bool) -> None:
        return

    def _proves(self, at_end: bool) -> bool:
        return False


class ValidityEvidence(CountedEvidence):
    """Share of INVALID and ERROR so far.

    Args:
        at_most: What the rule allows.
    """

    def __init__(self, at_most: float) -> None:
        super().__init__()
        self.at_most = at_most
        self.bad = 0

    @property
    def proven(self) -> bool:
        """Whether few enough of the variants counted so far are INVALID or ERROR."""
        total = len(self.variants)
        return total > 0 and self.bad <= self.at_most * total + 1e-9

    def _count(self, variant: JudgedVariant) -> None:
        self.bad += variant.status in WITHOUT_RESULT


class AttemptsEvidence(CountedEvidence):
    """Attempts so far.

    Args:
        at_most: What the rule allows.
    """

    def __init__(self, at_most: float) -> None:
        super().__init__()
        self.at_most = at_most
        self.most = 0

    @property
    def proven(self) -> bool:
        """Whether no variant so far was begun more often than allowed."""
        return 0 < self.most <= self.at_most

    def _count(self, variant: JudgedVariant) -> None:
        self.most = max(self.most, variant.attempts)


class EveryVariantEvidence(CountedEvidence):
    """A hard rule: refuted by the first violation, proven only when every variant of its scope meets it.

    Args:
        places: From :func:`simgate.harness.gate.rules.every_variant.places_of`.
        planned: Simulations of its scope in the whole pack.
    """

    def __init__(self, places: Mapping[str, int], planned: int) -> None:
        super().__init__()
        self._places, self._planned = places, planned
        self._met = self._violated = 0

    @property
    def is_refuted(self) -> bool:
        """Whether a variant violates it."""
        return self._violated > 0

    @property
    def proven(self) -> bool:
        """Whether every variant of the pack in its scope has run and meets it, or is in a quarantine."""
        return 0 < self._planned <= self._met

    def _count(self, variant: JudgedVariant) -> None:
        apart = variant.status in IN_QUARANTINE
        found = Outcome.PASS if apart else standing(variant, self._places).outcome
        self._met += found is Outcome.PASS
        self._violated += found is Outcome.FAIL
