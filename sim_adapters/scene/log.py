"""A part of a field log, as an adapter replays it."""

from __future__ import annotations

from dataclasses import dataclass

from simgate.sim_adapters.scene.sensor import CameraEffects


@dataclass(frozen=True, slots=True)
class LogSite:
    """One world: a part of a log.

    Attributes:
        name: Name of the world that made it.
        path: The log, absolute.
        channel: What the camera's channel is called.
        images: Topic of its pictures.
        truth: Topic of their labels; None where nobody has labelled them.
        tolerance_s: So far may the stamps of a picture and its labels be apart, seconds.
        from_s: Where it begins, seconds from the log's first picture.
        to_s: Where it ends, likewise.
        effects: What is done to its pictures on top.
    """

    name: str
    path: str
    channel: str
    images: str
    truth: str | None
    tolerance_s: float
    from_s: float
    to_s: float
    effects: CameraEffects
