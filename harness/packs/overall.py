"""Names of metrics that only all pictures of a data set together have: ``AP50``, ``AP50:95.person``."""

from __future__ import annotations

from dataclasses import dataclass

OVERLAPS = {"AP50": (0,), "AP75": (5,), "AP50:95": tuple(range(10))}
"""Name -> which of COCO's ten overlaps it is the mean over, by number."""


@dataclass(frozen=True, slots=True)
class Overall:
    """Average precision.

    Attributes:
        overlaps: Of which overlaps, by number.
        label: Of which class; empty for the mean over all that are in the pictures.
    """

    overlaps: tuple[int, ...]
    label: str = ""


def overall_of(name: str) -> Overall | None:
    """The metric of a name; None where there is none."""
    metric, _, label = name.partition(".")
    if metric not in OVERLAPS or name.endswith("."):
        return None
    return Overall(OVERLAPS[metric], label)
