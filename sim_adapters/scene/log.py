"""A part of a field log, as an adapter replays it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simgate.sim_adapters.embodiment import Kind
from simgate.sim_adapters.scene.sensor import CameraEffects


@dataclass(frozen=True, slots=True)
class LogChannel:
    """A channel of a log besides its pictures.

    Attributes:
        name: Of the channel.
        topic: Where its messages are; after ``#`` the field whose numbers are meant.
        kind: What the numbers are.
        shape: Of a reading.
        unit: Of the numbers.
        entries: A name for every number; none where they have none.
        span_rad: Of a flat scan the angles of the first and the last beam.
    """

    name: str
    topic: str
    kind: Kind
    shape: tuple[int, ...]
    unit: str = ""
    entries: tuple[str, ...] = ()
    span_rad: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class LogSite:
    """One world: a part of a log.

    Attributes:
        name: Name of the world that made it.
        path: The log, absolute.
        channel: What the camera's channel is called.
        shape: Rows and columns of its pictures.
        images: Topic of its pictures.
        truth: Topic of their labels; None without.
        labels: File of their labels, absolute; None without.
        labels_by: ``stamp`` or ``number``: what tells which picture an entry of that file belongs to.
        labelled: ``every``: a picture without labels makes what is judged INVALID; ``some``: it is shown, and
            not judged.
        channels: What else is read.
        tolerance_s: So far may the stamps of a picture and its labels be apart, seconds.
        from_s: Where it begins, seconds from the log's first picture.
        to_s: Where it ends, likewise.
        effects: What is done to its pictures on top.
    """

    name: str
    path: str
    channel: str
    shape: tuple[int, int]
    images: str
    truth: str | None
    labels: str | None
    labels_by: Literal["stamp", "number"]
    tolerance_s: float
    from_s: float
    to_s: float
    effects: CameraEffects
    channels: tuple[LogChannel, ...] = ()
    labelled: Literal["every", "some"] = "every"

    @property
    def is_labelled(self) -> bool:
        """Whether anybody says what was really there."""
        return self.truth is not None or self.labels is not None
