"""Uniform numbers of a parameter by a method: every method is a function of the variant's index."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.sequences.halton import halton_point
from simgate.harness.expansion.sequences.permutation import permuted
from simgate.harness.expansion.sequences.sobol import scrambled_point
from simgate.harness.expansion.sequences.streams import Stream
from simgate.harness.packs.variants import VariantsSpec

Integers = NDArray[np.int64]
Uniform = NDArray[np.float64]

_LATIN_LANE = 3


def uniform_points(variants: VariantsSpec, stream: Stream, index: Integers, attempt: Integers) -> Uniform:
    """Uniform numbers of a parameter: the method's point at attempt 0, plain random ones after it.

    Args:
        variants: Method, and for ``lhs`` the number of variants.
        stream: Of the parameter.
        index: Variant indices, any shape.
        attempt: Draws that ``where`` has rejected before; same shape.
    """
    method = _POINTS.get(variants.method)
    if method is None:
        return stream.uniform(index, attempt)
    first = attempt == 0
    if first.all():
        return method(variants, stream, index)
    points = stream.uniform(index, attempt)
    if first.any():
        points[first] = method(variants, stream, index[first])
    return points


def latin_point(variants: VariantsSpec, stream: Stream, index: Integers) -> Uniform:
    """Latin hypercube: of n variants just one lies in each of n equal parts (McKay and others 1979)."""
    count = np.int64(variants.drawn)
    # A larger look at the pack (`expand --variants`) goes on with the next hypercube.
    cube, number = np.divmod(index, count)
    part = permuted(stream, _LATIN_LANE, number, np.full(index.shape, count))
    part = (part + cube * 0x9E3779B1) % count
    points: Uniform = np.minimum((part + stream.uniform(index)) / count, 1.0 - 2.0**-53)
    return points


_POINTS: dict[str, Callable[[VariantsSpec, Stream, Integers], Uniform]] = {
    "sobol": lambda _, stream, index: scrambled_point(stream, index),
    "halton": lambda _, stream, index: halton_point(stream, index),
    "lhs": latin_point,
}
