"""Where a function of one number crosses zero."""

from __future__ import annotations

from collections.abc import Callable


def root(function: Callable[[float], float], low: float, high: float, precision: float = 2e-12) -> float:
    """A zero between two places at which the function has different signs, by Brent's method.

    Args:
        function: Continuous.
        low: One of the places.
        high: The other.
        precision: How far from the zero the result may lie.
    """
    # Few runs need it, every command imports these statistics, and scipy.optimize takes a quarter second.
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=precision))
