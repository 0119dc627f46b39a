"""How far two models, or two runtimes of one, disagree on the same frames."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simgate.policies.perception.boxes import iou_matrix
from simgate.policies.perception.model_yaml.spec import LIMITS, LIMITS_AT_LEAST, LIMITS_AT_MOST
from simgate.policies.perception.outputs import Boxes

SAME_OBJECT_IOU = 0.5


@dataclass(frozen=True)
class Side:
    """What one of the two found.

    Attributes:
        found: For each frame, also below the thresholds, so that it is seen what fell under one.
        thresholds: Smallest score of a detection, by class name.
    """

    found: Sequence[Boxes]
    thresholds: Mapping[str, float]

    def operating(self, frame: int) -> list[int]:
        """Indices of the boxes that are detections."""
        one = self.found[frame]
        return [
            k for k in range(len(one)) if float(one.scores[k]) >= np.float32(self.thresholds[one.label(k)])
        ]


@dataclass(frozen=True)
class Seen:
    """One box of one side."""

    label: str
    score: float
    box: tuple[float, ...]


@dataclass(frozen=True)
class Change:
    """A detection that only one of the two has, or that they call differently.

    Attributes:
        frame: Its number.
        a: What A has there, also below its threshold; None for nothing.
        b: The same of B.
        kind: ``class``, ``threshold`` (the other has it below its threshold) or ``missing``.
        borderline: Whether the allowed difference of scores explains it.
    """

    frame: int
    a: Seen | None
    b: Seen | None
    kind: str
    borderline: bool = False


@dataclass
class Disagreement:
    """What was seen.

    Attributes:
        frames: Compared.
        box_px: For each pair of detections, the largest distance of one box edge from the other's, pixels.
        score: For each pair the difference of the scores.
        worst_frame: Of the largest value of ``box_px`` and of ``score``.
        changes: Detections without a partner, and pairs whose classes differ.
        in_a: Detections of A by class.
        in_b: Of B.
        in_both: Pairs of one class.
    """

    frames: int = 0
    box_px: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    worst_frame: dict[str, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    in_a: Counter[str] = field(default_factory=Counter)
    in_b: Counter[str] = field(default_factory=Counter)
    in_both: Counter[str] = field(default_factory=Counter)

    @property
    def class_changes(self) -> int:
        """Pairs whose classes differ."""
        return sum(change.kind == "class" for change in self.changes)

    @property
    def unmatched(self) -> int:
        """Boxes without a partner that the allowed difference does not explain."""
        return sum(change.kind != "class" and not change.borderline for change in self.changes)

    @property
    def borderline(self) -> int:
        """Boxes without a partner whose score is so near their threshold that it does."""
        return sum(change.borderline for change in self.changes)


def compare(a: Side, b: Side, score_tolerance: float, iou: float = SAME_OBJECT_IOU) -> Disagreement:
    """Pairs the detections of each frame by overlap, whatever their classes, and measures the differences.

    Args:
        a: The model that is asked about.
        b: The one that it is held against, on the same frames.
        score_tolerance: A lone detection within this of its threshold is borderline, not unmatched.
        iou: Overlap from which on two boxes are of one object.
    """
    seen = Disagreement()
    for frame, (first, second) in enumerate(zip(a.found, b.found, strict=True)):
        seen.frames += 1
        at_a, at_b = a.operating(frame), b.operating(frame)
        seen.in_a.update(first.label(k) for k in at_a)
        seen.in_b.update(second.label(k) for k in at_b)
        pairs = _pairs(first, second, at_a, at_b, iou)
        for i, j in pairs:
            _add(seen, "box_px", float(np.abs(first.boxes[i] - second.boxes[j]).max()), frame)
            _add(seen, "score", float(abs(first.scores[i] - second.scores[j])), frame)
            if first.label(i) == second.label(j):
                seen.in_both[first.label(i)] += 1
            else:
                seen.changes.append(Change(frame, _seen(first, i), _seen(second, j), "class"))
        for change in _lone(frame, a, b, at_a, at_b, pairs, score_tolerance, iou):
            seen.changes.append(change)
    return seen


def _pairs(
    first: Boxes, second: Boxes, at_a: Sequence[int], at_b: Sequence[int], iou: float
) -> list[tuple[int, int]]:
    """Boxes of one object, each once, the best overlap first."""
    overlaps = iou_matrix(first.boxes[list(at_a)], second.boxes[list(at_b)])
    free_a, free_b, pairs = set(range(len(at_a))), set(range(len(at_b))), []
    for i, j in sorted(np.ndindex(*overlaps.shape), key=lambda pair: -overlaps[pair]):
        if overlaps[i, j] >= iou and i in free_a and j in free_b:
            free_a.remove(i)
            free_b.remove(j)
            pairs.append((at_a[i], at_b[j]))
    return pairs


def _lone(
    frame: int,
    a: Side,
    b: Side,
    at_a: Sequence[int],
    at_b: Sequence[int],
    pairs: Sequence[tuple[int, int]],
    tolerance: float,
    iou: float,
) -> list[Change]:
    """Detections of one side alone, each with what the other has there below its threshold."""
    changes = []
    for side, other, at, at_other, mine in ((a, b, at_a, at_b, 0), (b, a, at_b, at_a, 1)):
        one, two = side.found[frame], other.found[frame]
        paired = {pair[mine] for pair in pairs}
        lone = [k for k in at if k not in paired]
        below = [k for k in range(len(two)) if k not in at_other]
        partner = dict(_pairs(one, two, lone, below, iou))
        for k in lone:
            here, there = _seen(one, k), _seen(two, partner[k]) if k in partner else None
            near = here.score - side.thresholds[here.label] <= tolerance
            kind = "threshold" if there is not None else "missing"
            changes.append(
                Change(frame, there if mine else here, here if mine else there, kind, borderline=near)
            )
    return changes


def _seen(found: Boxes, k: int) -> Seen:
    return Seen(found.label(k), float(found.scores[k]), tuple(float(edge) for edge in found.boxes[k]))


def _add(seen: Disagreement, name: str, value: float, frame: int) -> None:
    values: list[float] = getattr(seen, name)
    if value > max(values, default=-1.0):
        seen.worst_frame[name] = frame
    values.append(value)


def measured(seen: Disagreement) -> dict[str, float]:
    """The numbers that limits speak of, by the limits' keys; a recall of nothing is NaN."""
    both, in_a, in_b = (sum(counts.values()) for counts in (seen.in_both, seen.in_a, seen.in_b))
    return {
        "box_max_px": max(seen.box_px, default=0.0),
        "box_p99_px": percentile(seen.box_px, 0.99),
        "score_max": max(seen.score, default=0.0),
        "score_p99": percentile(seen.score, 0.99),
        "class_changes": float(seen.class_changes),
        "unmatched": float(seen.unmatched),
        "recall_in_b": both / in_a if in_a else math.nan,
        "recall_in_a": both / in_b if in_b else math.nan,
    }


def limits_of(declared: Mapping[str, object]) -> dict[str, float]:
    """The limits that a package declares, with no class change and nothing unmatched unless it says more."""
    given = {
        name: float(value)
        for name, value in declared.items()
        if name in LIMITS and isinstance(value, int | float) and not isinstance(value, bool)
    }
    return {"class_changes": 0.0, "unmatched": 0.0} | given


def past_limits(values: Mapping[str, float], limits: Mapping[str, float]) -> list[str]:
    """Names of the values that exceed their limits, or do not reach them; what is NaN is past any."""
    over = [name for name in LIMITS_AT_MOST if name in limits and not values[name] <= limits[name]]
    return over + [name for name in LIMITS_AT_LEAST if name in limits and not values[name] >= limits[name]]


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank: the smallest value that at least ``share`` of all do not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1] if ordered else 0.0
