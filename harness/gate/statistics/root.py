"""Where a function of one number crosses zero."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from simgate.harness.scipy_parts import compiled

_RELATIVE = 4.0 * 2.0**-52
"""How near to the zero, of its size, it is found at best."""
_MOST_STEPS = 100


def root(function: Callable[[float], float], low: float, high: float, precision: float = 2e-12) -> float:
    """A zero between two places at which the function has different signs, by Brent's method.

    Args:
        function: Continuous.
        low: One of the places.
        high: The other.
        precision: How far from the zero the result may lie.

    Raises:
        ValueError: The function has no value at a place, or the same sign at both.
    """

    def known(x: float) -> float:
        if math.isnan(value := float(function(x))):
            raise ValueError(f"the function has no value at {x}, so its zero cannot be found")
        return value

    return float(_brentq()(known, low, high, precision, _RELATIVE, _MOST_STEPS, (), False, True))


@cache
def _brentq() -> Callable[..., Any]:
    """What ``scipy.optimize.brentq`` calls in the end."""
    zeros: Any = compiled("scipy.optimize", "_zeros")
    if zeros is None:
        from scipy.optimize import _zeros as zeros
    found: Callable[..., Any] = zeros._brentq
    return found
