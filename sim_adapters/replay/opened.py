"""A log as lint looks at it: its topics, its pictures, what it is made of."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from pathlib import Path

from simgate.sim_adapters.datasets.dataset import bad
from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment, Intrinsics
from simgate.sim_adapters.replay.label_files import BY_NUMBER, By, LabelFile, read_label_file
from simgate.sim_adapters.replay.labels import LABEL_TYPES
from simgate.sim_adapters.replay.log_file import CLOCK, LogFile, files_of, open_log
from simgate.sim_adapters.replay.parts import Cut, parts_of
from simgate.sim_adapters.replay.pictures import IMAGE_TYPES, read_picture
from simgate.sim_adapters.replay.readings import channel_of
from simgate.sim_adapters.scene.log import LogChannel
from simgate.sim_adapters.worlds.native_file import NativeError

_PIECE = 1 << 20


class OpenedLog:
    """A log that was opened once.

    Args:
        path: The file, or the folder of a rosbag2.
        images: Topic of the pictures.
        truth: Topic of their labels; None without.
        labels: File of their labels; None without.
        labels_by: What tells which picture an entry of that file belongs to.

    Raises:
        NativeError: It cannot be read, has no such topic, or was recorded under a simulated clock; the labels
            are not those of its pictures.
    """

    adapters = ("replay",)

    def __init__(
        self, path: Path, images: str, truth: str | None, labels: Path | None = None, labels_by: By = "stamp"
    ) -> None:
        self.path, self._labels = path, labels
        log = open_log(path)
        if CLOCK in log.topics:
            message = f"{path.name} holds {CLOCK}: its times are those of a clock that somebody else has set"
            raise NativeError("file", message, "record it again without that topic, or take it out")
        _require(log, images, IMAGE_TYPES, "pictures")
        if truth is not None:
            _require(log, truth, LABEL_TYPES, "labels")
        self.duration_s, self.parameters = log.duration_s, log.parameters
        self._log, self._images, self._truth = log, images, truth
        self._known = dict[Path, str]()
        first = next(log.messages(images), None)
        if first is None:
            raise NativeError("file", f"{path.name} has no message on {images}")
        try:
            shown = read_picture(log.topics[images], first[1])
        except ValueError as error:
            raise NativeError("file", f"{path.name}, {images}: {error}") from None
        self.shape = (int(shown.shape[0]), int(shown.shape[1]))
        if labels is not None:
            self._require_labels(read_label_file(labels, labels_by), labels, first[0])

    def _require_labels(self, found: LabelFile, path: Path, begin_ns: int) -> None:
        """Labels of pictures of another size, or of another time, are those of another log."""
        if other := found.sizes - {self.shape[::-1]}:
            wanted, there = ("x".join(map(str, size)) for size in (next(iter(other)), self.shape[::-1]))
            raise bad(str(path), f"it labels pictures of {wanted}, and the log's have {there}")
        if found.by == "number":
            count, last = sum(1 for _ in self._log.messages(self._images)), max(found.found)
            if last >= count:
                message = f"it labels picture {last}, and the log has {count}, numbered from 0"
                raise bad(str(path), message, "number them as the log does, or write labels_by: stamp")
            return
        offset = 0 if found.from_start else begin_ns
        first_s, last_s = ((place - offset) / 1e9 for place in (min(found.found), max(found.found)))
        if last_s < -1.0 or first_s > self.duration_s + 1.0:
            message = f"its labels are from {first_s:.1f} to {last_s:.1f} s after the log's first picture, "
            message += f"and the log lasts {self.duration_s:.1f} s"
            raise bad(str(path), message, BY_NUMBER)

    def parts(self, cut: Cut) -> list[tuple[float, float]]:
        """See :func:`.parts_of`."""
        return parts_of(self._log, self._images, cut, self._truth)

    def channel(self, name: str, topic: str) -> LogChannel:
        """See :func:`.channel_of`."""
        return channel_of(self._log, name, topic)

    def hashes(self, top: Path | None = None) -> dict[str, str]:
        """Its files, those of labels too -> SHA-256, hex, by path from a folder; its own when left out."""
        files = [*files_of(self.path), *(files_of(self._labels) if self._labels is not None else ())]
        return {
            Path(os.path.relpath(one, top or self.path.parent)).as_posix(): self._sha256(one) for one in files
        }

    def content(self) -> str:
        """SHA-256 over its files, whatever they are called, hex."""
        return hashlib.sha256("".join(map(self._sha256, files_of(self.path))).encode()).hexdigest()

    def _sha256(self, path: Path) -> str:
        if path not in self._known:
            self._known[path] = _sha256(path)
        return self._known[path]


def embodiment_of(
    channel: str, shape: tuple[int, int], rate_hz: float, others: Sequence[LogChannel] = ()
) -> Embodiment:
    """What there is of a robot in a log: a camera and sensors whose readings come when they were taken, and
    nothing that could be told it. The lens is not known."""
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
    read = [
        Channel(
            one.name,
            one.kind,
            one.shape,
            "float64",
            one.unit,
            rate_hz,
            frame="log",
            entries=one.entries,
            span_rad=one.span_rad,
            regular=False,
        )
        for one in others
    ]
    return Embodiment("log", (camera, *read), ActionSpec((), (), (), ()))


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
