"""Names of metrics that only all pictures of a data set together have: ``AP50``, ``masks.person.iou``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OVERLAPS = {"AP50": (0,), "AP75": (5,), "AP50:95": tuple(range(10))}
"""Name -> which of COCO's ten overlaps it is the mean over, by number."""
Output = Literal["boxes", "masks", "depth", "poses"]
_SHARES = {
    "masks": ("iou",),
    "depth": ("delta1", "coverage"),
    "poses": ("recall", "add_accuracy", "add_s_accuracy"),
}
_ERRORS = {
    "depth": ("abs_rel", "rmse_m"),
    "poses": ("translation_error_m", "rotation_error_deg", "add_m", "add_s_m"),
}
ERRORS = tuple(what for own in _ERRORS.values() for what in own)
"""Last words of the names of those that are better when they are lower."""
NAMES = (
    *OVERLAPS,
    "AP50.CLASS",
    "masks.mean_iou",
    "masks.CLASS.iou",
    *(f"depth.{what}" for of in (_SHARES, _ERRORS) for what in of["depth"]),
    *(f"poses.CLASS.{what}" for of in (_SHARES, _ERRORS) for what in of["poses"]),
)
"""All of them, with CLASS where one of a model's stands."""


@dataclass(frozen=True, slots=True)
class Overall:
    """A metric over all pictures.

    Attributes:
        output: What the model says.
        what: ``AP``, or the last word of the name of the same metric of a variant.
        label: Of which class; empty for the mean over all that are in the pictures, and for depth.
        overlaps: Of which overlaps, by number; of average precision.
        is_better_higher: A share, from 0 to 1; else an error, from 0 on.
    """

    output: Output
    what: str
    label: str = ""
    overlaps: tuple[int, ...] = ()
    is_better_higher: bool = True


def overall_of(name: str) -> Overall | None:
    """The metric of a name; None where there is none."""
    first, _, rest = name.partition(".")
    if first in OVERLAPS and not name.endswith("."):
        return Overall("boxes", "AP", rest, OVERLAPS[first])
    label, _, what = rest.rpartition(".")
    if name == "masks.mean_iou":
        return Overall("masks", "iou")
    if first not in _SHARES or bool(label) == (first == "depth"):
        return None
    is_share = what in _SHARES[first]
    if not is_share and what not in _ERRORS.get(first, ()):
        return None
    return Overall(first, what, label, is_better_higher=is_share)  # type: ignore[arg-type]
