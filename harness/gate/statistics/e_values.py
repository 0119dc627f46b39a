"""Tests of a share that stay valid whenever one looks: beta-binomial e-values.

The likelihood ratio of "the share is theta" against "it is p0", averaged over theta with a beta density on
the side to be proven, is a non-negative martingale that starts at 1 when the share is p0, and falls on
average when the share lies on the other side. By Ville's inequality it ever reaches 1 / alpha with a chance
of at most alpha (Robbins, Annals of Mathematical Statistics 41, 1970; Howard et al., Annals of Statistics
49, 2021; for e-values Ramdas et al., Statistical Science 38, 2023). So one may stop at any time, for any
reason.

The density is that of the beta distribution with parameters 1 and 1/4 of theta towards the side to be proven,
cut off at p0. Its mass lies where a model is clearly good or clearly bad: at p0 = 0.98 and 95 % it needs 169
clean variants, and no valid test can need fewer than 149.
"""

from __future__ import annotations

import math
from functools import lru_cache

from simgate.harness.scipy_parts import betaincc, betaln

TOWARDS = 1.0
AWAY = 0.25
"""Parameters of the beta density."""


def log_e_at_least(successes: float, failures: float, share: float) -> float:
    """Logarithm of the evidence that the true share is above ``share``.

    Args:
        successes: Seen so far.
        failures: Seen so far.
        share: Above 0 and below 1.

    Raises:
        ValueError: A negative count, or no such share.
    """
    _check(successes, failures, share)
    return _log_e(successes, failures, share)


def log_e_below(successes: float, failures: float, share: float) -> float:
    """Logarithm of the evidence that the true share is below ``share``. Arguments as above."""
    _check(successes, failures, share)
    return _log_e(failures, successes, 1.0 - share)


def _check(successes: float, failures: float, share: float) -> None:
    if min(successes, failures) < 0:
        raise ValueError(f"{successes} successes and {failures} failures are impossible")
    if not 0.0 < share < 1.0:
        raise ValueError(f"a share to be tested must lie between 0 and 1, not {share:g}")


@lru_cache(maxsize=1 << 16)
def _log_e(for_it: float, against: float, share: float) -> float:
    """Beta mixture on (share, 1] of the likelihood ratios against ``share``."""
    a, b = for_it + TOWARDS, against + AWAY
    tail = float(betaincc(a, b, share))
    if tail <= 0.0:
        # So far on the wrong side that the mass cannot be represented: no evidence at all.
        return -math.inf
    mixture = float(betaln(a, b)) + math.log(tail)
    normaliser = float(betaln(TOWARDS, AWAY)) + math.log(float(betaincc(TOWARDS, AWAY, share)))
    return mixture - normaliser - for_it * math.log(share) - against * math.log1p(-share)


def enough(confidence: float) -> float:
    """Logarithm of the evidence from which something is proven at a confidence."""
    return -math.log1p(-confidence)


def anytime_p(log_e: float) -> float:
    """P-value that stays valid at any stopping time: 1 / E, at most 1."""
    return math.exp(-log_e) if log_e > 0.0 else 1.0
