"""Which parts of a log are worth a look: the whole, windows of one length, or what is around events."""

from __future__ import annotations

import bisect
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgate.sim_adapters.replay.labels import ANNOTATIONS, is_lost
from simgate.sim_adapters.replay.log_file import LogFile
from simgate.sim_adapters.worlds.native_file import NativeError

MOST_LOGS = 10_000
MOST_PARTS = 100_000
"""Of one log."""
_APART_NS = 1000
"""A picture between two windows belongs to the later one."""
_ENDINGS = (".mcap", ".bag")
_WORDS = ("message", "msg", "data", "name", "text")
"""Fields of a message in which an event says what it is."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How a log is cut.

    Attributes:
        window_s: Windows of so many seconds, one after the other; None without.
        event: Topic of events; None without.
        says: What an event must say, in whatever case.
        before_s: So much before an event belongs to its part, seconds.
        after_s: So much after it.
    """

    window_s: float | None = None
    event: str | None = None
    says: str = ""
    before_s: float = 2.0
    after_s: float = 2.0


def logs_in(path: Path) -> dict[str, Path]:
    """The logs below a folder, by their paths in it; one that is a log itself, by its name.

    Raises:
        NativeError: There is none, or more than anybody can look at.
    """
    if not path.is_dir() or (path / "metadata.yaml").exists():
        return {path.name: path}
    found = []
    for folder, folders, files in os.walk(path):
        here = Path(folder)
        bags = [name for name in folders if (here / name / "metadata.yaml").exists()]
        folders[:] = [name for name in folders if name not in bags]
        found += [here / name for name in bags]
        found += [here / name for name in files if name.endswith(_ENDINGS)]
        if len(found) > MOST_LOGS:
            raise NativeError("file", f"there are more than {MOST_LOGS:,} logs in {path}")
    if not found:
        message = f"{path} is no log, and there is none in it"
        raise NativeError("file", message, "logs are .mcap and .bag files, and folders with a metadata.yaml")
    return {one.relative_to(path).as_posix(): one for one in sorted(found)}


def parts_of(log: LogFile, images: str, cut: Cut, truth: str | None = None) -> list[tuple[float, float]]:
    """Begin and end of each part, seconds from the log's first picture; parts without a picture are left out.

    A picture that was lost on its way is one: a recording says when it was taken.

    Args:
        log: Opened.
        images: Topic of its pictures.
        cut: How.
        truth: Topic of their labels, which tells the lost ones; None without.

    Raises:
        NativeError: The log is damaged, or has no topic of events.
    """
    if cut.window_s is None and cut.event is None:
        return [(0.0, log.duration_s + 1.0)]
    stamps = [stamp for stamp, _ in log.messages(images)]
    if truth is not None and log.topics[truth] == ANNOTATIONS:
        stamps += [stamp for stamp, said in log.messages(truth) if is_lost(said)]
    stamps.sort()
    taken = [stamp - stamps[0] for stamp in stamps]
    found = []
    for begin, end in _windows(taken, cut.window_s) if cut.window_s else _around(log, stamps[0], cut):
        first = bisect.bisect_left(taken, begin)
        if first < len(taken) and taken[first] <= end:
            found.append((max(0, begin) / 1e9, end / 1e9))
        if len(found) > MOST_PARTS:
            raise NativeError("file", f"a log has more than {MOST_PARTS:,} parts", "take longer ones")
    return found


def _windows(taken: list[int], window_s: float) -> Iterator[tuple[int, int]]:
    length, number = max(1, round(window_s * 1e9)), -1
    for at in taken:  # Of a pause in a log there may be more windows than pictures.
        if at // length > number:
            number = at // length
            yield number * length, (number + 1) * length - _APART_NS


def _around(log: LogFile, begin_ns: int, cut: Cut) -> Iterator[tuple[int, int]]:
    topic = cut.event or ""
    if topic not in log.topics:
        message = f"the log has no topic '{topic}' of events"
        raise NativeError("element", message, unknown=topic, known=tuple(log.topics))
    before, after = (round(at * 1e9) for at in (cut.before_s, cut.after_s))
    sought, end = cut.says.casefold(), -1
    for stamp_ns, said in log.messages(topic):
        at = stamp_ns - begin_ns
        if at > end and sought in _words(said).casefold():
            end = at + after
            if end > 0:
                yield at - before, end


def _words(said: Any) -> str:
    values = (getattr(said, name, None) for name in _WORDS)
    return " ".join(str(value) for value in values if isinstance(value, str | bool | int | float))
