"""Several tests at once: Holm for what blocks a release, Benjamini-Hochberg for lists to look through."""

from __future__ import annotations

from collections.abc import Sequence


def holm_rejects(p_values: Sequence[float], alphas: Sequence[float]) -> list[bool]:
    """Which hypotheses Holm's step-down procedure rejects, each with a level of its own.

    Holm (Scandinavian Journal of Statistics 6, 1979), applied to ``p / alpha``: the smallest must be below
    1 / m, the next below 1 / (m - 1), and so on until one is not. Whichever of the hypotheses are true, the
    chance to reject any of them is at most the largest of their levels (the union bound gives the mean of
    their levels), and none is ever rejected above its own level. For a single hypothesis it is ``p < alpha``.

    Args:
        p_values: One for each hypothesis; 1 for what cannot be tested.
        alphas: Level of each, above 0.

    Raises:
        ValueError: Different lengths.
    """
    if len(p_values) != len(alphas):
        raise ValueError(f"{len(p_values)} p-values and {len(alphas)} levels")
    adjusted = holm_adjusted([p / alpha for p, alpha in zip(p_values, alphas, strict=True)])
    return [value < 1.0 for value in adjusted]


def holm_adjusted(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values of Holm's step-down procedure, at most 1: below a level means rejected at it."""
    adjusted, largest = [1.0] * len(p_values), 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=lambda k: p_values[k])):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values: listing everything below q keeps the expected share of false entries at q or less.

    Benjamini and Hochberg (JRSS B 57, 1995). For triage only; nothing is decided on it.
    """
    size = len(p_values)
    adjusted = [1.0] * size
    smallest = 1.0
    order = sorted(range(size), key=lambda k: p_values[k], reverse=True)
    for place, index in enumerate(order):
        smallest = min(smallest, p_values[index] * size / (size - place))
        adjusted[index] = smallest
    return adjusted
