"""The parameters of a variant that lie farthest from nominal, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simgate.harness.text import ordinal

if TYPE_CHECKING:
    from simgate.harness.expansion.nominal import Position
    from simgate.harness.packs.model import Scenario
    from simgate.harness.results.record import Scalar


@dataclass(frozen=True, slots=True)
class Distance:
    """Where one value lies in its distribution.

    Attributes:
        parameter: Its name.
        value: Its value in this variant.
        where: In words, for example ``3rd percentile of 0.05 to 0.35``.
        far: Whether that is out of the ordinary.
    """

    parameter: str
    value: Scalar
    where: str
    far: bool


def farthest(scenario: Scenario, parameters: Mapping[str, Scalar], limit: int = 5) -> list[Distance]:
    """The parameters of a variant that lie farthest from nominal, farthest first; constants are left out."""
    from simgate.harness.expansion.nominal import NominalRange

    positions = NominalRange.of_scenario(scenario).positions(parameters)
    return [Distance(place.parameter, place.value, _where(place), place.far) for place in positions[:limit]]


def _where(place: Position) -> str:
    if place.percentile is None or place.between is None:
        return f"{100 * (place.share or 0.0):.0f} % of variants"
    low, high = place.between
    return f"{ordinal(place.percentile)} percentile of {low:g} to {high:g}"
