"""A log as lint looks at it: its topics, its pictures, what it is made of."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment, Intrinsics
from simgate.sim_adapters.replay.labels import LABEL_TYPES
from simgate.sim_adapters.replay.log_file import CLOCK, LogFile, files_of, open_log
from simgate.sim_adapters.replay.pictures import IMAGE_TYPES, read_picture
from simgate.sim_adapters.worlds.native_file import NativeError

_PIECE = 1 << 20


class OpenedLog:
    """A log that was opened once.

    Args:
        path: The file, or the folder of a rosbag2.
        images: Topic of the pictures.
        truth: Topic of their labels; None without.

    Raises:
        NativeError: It cannot be read, has no such topic, or was recorded under a simulated clock.
    """

    adapters = ("replay",)

    def __init__(self, path: Path, images: str, truth: str | None) -> None:
        self.path = path
        log = open_log(path)
        if CLOCK in log.topics:
            message = f"{path.name} holds {CLOCK}: its times are those of a clock that somebody else has set"
            raise NativeError("file", message, "record it again without that topic, or take it out")
        _require(log, images, IMAGE_TYPES, "pictures")
        if truth is not None:
            _require(log, truth, LABEL_TYPES, "labels")
        self.duration_s = log.duration_s
        first = next(log.messages(images), None)
        if first is None:
            raise NativeError("file", f"{path.name} has no message on {images}")
        try:
            shown = read_picture(log.topics[images], first[1])
        except ValueError as error:
            raise NativeError("file", f"{path.name}, {images}: {error}") from None
        self.shape = (int(shown.shape[0]), int(shown.shape[1]))

    def hashes(self) -> dict[str, str]:
        """Its files -> SHA-256, hex, by path from the folder that it lies in."""
        folder = self.path.parent
        return {path.relative_to(folder).as_posix(): _sha256(path) for path in files_of(self.path)}


def embodiment_of(channel: str, shape: tuple[int, int], rate_hz: float) -> Embodiment:
    """What there is of a robot in a log: a camera whose pictures come when they were taken, and nothing that
    could be told it. The lens is not known."""
    height, width = shape
    lens = Intrinsics(width, height, math.nan)
    camera = Channel(
        channel,
        "rgb",
        (height, width, 3),
        "uint8",
        "",
        rate_hz,
        frame=channel,
        intrinsics=lens,
        regular=False,
    )
    return Embodiment("log", (camera,), ActionSpec((), (), (), ()))


def _require(log: LogFile, topic: str, kinds: tuple[str, ...], what: str) -> None:
    able = tuple(name for name, kind in log.topics.items() if kind in kinds)
    if topic not in log.topics:
        message = f"the log has no topic '{topic}' of {what}"
        hint = f"topics with {what}: {', '.join(able) or 'none'}"
        raise NativeError("element", message, hint, unknown=topic, known=able)
    if topic not in able:
        message = f"the topic '{topic}' is {log.topics[topic]}, which is not read as {what}"
        raise NativeError("element", message, f"read are {', '.join(kinds)}")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
