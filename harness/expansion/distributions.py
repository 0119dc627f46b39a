"""Inverse distribution functions: uniform numbers in, parameter values out, over arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.packs.values import ValueSpec

Uniform = NDArray[np.float64]
Values = NDArray[Any]


def draw(spec: ValueSpec, uniform: Uniform) -> Values:
    """Values of a specification.

    Args:
        spec: Constant or distribution.
        uniform: Strictly between 0 and 1, any shape.

    Returns:
        Array of the same shape: int64 for ``integers``, bool for ``bool``, text or the common type
        of the options for ``constant``, ``choice``, ``grid`` and ``from_file``, float64 otherwise.

    Raises:
        KeyError: The kind is a rule (``expr``, ``when``), not a distribution.
    """
    return _DRAW[spec.kind](spec, uniform)


def _options(spec: ValueSpec) -> Values:
    """The options as an array; options of mixed types stay Python objects."""
    kinds = {type(option) for option in spec.choices}
    return np.array(spec.choices, dtype=None if len(kinds) == 1 else object)


def _between(values: Values, low: float, high: float) -> Values:
    """Undoes rounding beyond the ends."""
    return np.minimum(np.maximum(values, low), high)


def _constant(spec: ValueSpec, uniform: Uniform) -> Values:
    return np.broadcast_to(_options(spec)[0], uniform.shape)


def _choice(spec: ValueSpec, uniform: Uniform) -> Values:
    edges = np.cumsum(spec.weights)[:-1] / np.sum(spec.weights)
    return _options(spec)[np.searchsorted(edges, uniform, side="right")]


def _bool(spec: ValueSpec, uniform: Uniform) -> Values:
    happens: Values = np.less(uniform, spec.numbers["probability"])
    return happens


def _uniform(spec: ValueSpec, uniform: Uniform) -> Values:
    low, high = spec.numbers["low"], spec.numbers["high"]
    return _between(low + uniform * (high - low), low, high)


def _log_uniform(spec: ValueSpec, uniform: Uniform) -> Values:
    low, high = spec.numbers["low"], spec.numbers["high"]
    return _between(low * np.exp(uniform * np.log(high / low)), low, high)


def _integers(spec: ValueSpec, uniform: Uniform) -> Values:
    low, high = int(spec.numbers["low"]), int(spec.numbers["high"])
    steps = np.floor(uniform * (high - low + 1)).astype(np.int64)
    return np.minimum(steps + low, high)


def _normal(spec: ValueSpec, uniform: Uniform) -> Values:
    """Truncated normal; the upper tail is mirrored to the lower one, where ``ndtr`` is exact."""
    from simgate.harness.scipy_parts import ndtr, ndtri

    mean, std, low, high = (spec.numbers[name] for name in ("mean", "std", "low", "high"))
    mirror = -1.0 if low > mean else 1.0
    ends = sorted((mirror * (low - mean) / std, mirror * (high - mean) / std))
    below, above = ndtr(ends)
    share = uniform if mirror > 0 else 1.0 - uniform
    z = np.asarray(ndtri(below + share * (above - below)))
    return _between(mean + mirror * std * z, low, high)


def _log_normal(spec: ValueSpec, uniform: Uniform) -> Values:
    """Truncated log-normal: the logarithm is a truncated normal."""
    low, high = spec.numbers["low"], spec.numbers["high"]
    logs = {"mean": math.log(spec.numbers["median"]), "std": spec.numbers["sigma"]}
    ends = {"low": math.log(low), "high": math.log(high)}
    exponent = _normal(spec.model_copy(update={"numbers": logs | ends}), uniform)
    return _between(np.exp(exponent), low, high)


def _triangular(spec: ValueSpec, uniform: Uniform) -> Values:
    low, mode, high = (spec.numbers[name] for name in ("low", "mode", "high"))
    if low == high:
        return np.full(uniform.shape, low)
    span, rise, fall = high - low, mode - low, high - mode
    rising = low + np.sqrt(uniform * span * rise)
    falling = high - np.sqrt((1.0 - uniform) * span * fall)
    return _between(np.where(uniform * span < rise, rising, falling), low, high)


def _row(spec: ValueSpec, uniform: Uniform) -> Values:
    """Field data, and grids that are not swept: every entry alike; columns of a file share the row."""
    count = len(spec.choices)
    rows = np.minimum((uniform * count).astype(np.int64), count - 1)
    return _options(spec)[rows]


def _beta(spec: ValueSpec, uniform: Uniform) -> Values:
    from simgate.harness.scipy_parts import betaincinv

    low, high = spec.numbers["low"], spec.numbers["high"]
    share = np.asarray(betaincinv(spec.numbers["alpha"], spec.numbers["beta"], uniform))
    return _between(low + share * (high - low), low, high)


_DRAW: dict[str, Callable[[ValueSpec, Uniform], Values]] = {
    "constant": _constant,
    "choice": _choice,
    "bool": _bool,
    "uniform": _uniform,
    "log_uniform": _log_uniform,
    "integers": _integers,
    "normal": _normal,
    "beta": _beta,
    "log_normal": _log_normal,
    "triangular": _triangular,
    "from_file": _row,
    "grid": _row,
}
