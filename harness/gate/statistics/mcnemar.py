"""McNemar's exact test: does the candidate break more variants than it fixes?

McNemar, Psychometrika 12 (1947); exact, one-sided form: among discordant pairs each is broken or fixed with
the same chance when the candidate is as good as the baseline, so the broken ones are binomial with share 1/2.
"""

from __future__ import annotations

from simgate.harness.scipy_parts import betainc


def mcnemar_p(broken: int, fixed: int) -> float:
    """Chance of at least so many broken pairs among the discordant ones if breaking were no more likely.

    Args:
        broken: Pairs that the baseline passes and the candidate fails.
        fixed: Pairs that the baseline fails and the candidate passes.

    Returns:
        One-sided p-value of "the candidate is not worse"; 1 without a broken pair.

    Raises:
        ValueError: A negative count.
    """
    if broken < 0 or fixed < 0:
        raise ValueError(f"{broken} broken and {fixed} fixed pairs are impossible")
    if broken == 0:
        return 1.0
    return float(betainc(broken, fixed + 1, 0.5))
