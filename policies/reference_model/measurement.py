"""The numbers of a model card, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured share of frames or bodies.

    Attributes:
        name: What was measured.
        hits: How many did it.
        total: Out of how many.
    """

    name: str
    hits: int
    total: int

    @property
    def share(self) -> float:
        """Hits of total; nan when there was nothing."""
        return self.hits / self.total if self.total else float("nan")


@dataclass(frozen=True, slots=True)
class Measurement:
    """All numbers of the model card.

    Attributes:
        frames: Number of frames.
        ap50: Average precision at IoU 0.5 within 4 m, by class.
        recall: Recall of shut doors within 3 m, by door class: overall first, then by condition.
        ajar_recall: Recall of ajar doors within 3 m, by door class.
        alarms: Open doorways in which a class was seen that is not there, by door class.
    """

    frames: int
    ap50: dict[str, float]
    recall: dict[str, list[Row]]
    ajar_recall: dict[str, Row]
    alarms: dict[str, list[Row]]
