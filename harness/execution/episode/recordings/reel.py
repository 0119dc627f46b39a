"""A recording as a film: each picture with what the model said and what was there, over a signal."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simgate.harness.execution.episode.recordings.mcap.attached import ENDING
from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.execution.pictures.overlay import picture, scale_for
from simgate.harness.execution.pictures.strip import said_of
from simgate.harness.results.record import Outcome, RunRecord
from simgate.harness.scoring.metrics import find_metric
from simgate.harness.text import number
from simgate.sim_adapters.printable import printable
from simgate.sim_adapters.replay.log_file import LogFile, open_log
from simgate.sim_adapters.replay.pictures import read_picture
from simgate.sim_adapters.worlds.native_file import NativeError

if TYPE_CHECKING:
    from PIL.Image import Image

    from simgate.harness.execution.pictures.colors import Pixels
    from simgate.harness.scoring.score import Score

_BEFORE_S, _AFTER_S = 6.0, 1.5
MOST_FRAMES = 300
"""In a film; of longer episodes every so many-th picture is shown."""
_LANE, _LINE, _MARGIN = 44, 16, 4
_INK, _PAPER, _CURVE, _LOST = (232, 236, 240), (24, 28, 33), (96, 200, 255), (235, 64, 52)


class NoFilm(Exception):  # noqa: N818 - the name says what is wrong
    """There is nothing to be shown; the message says why."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a film.

    Attributes:
        time_s: Simulated time.
        image: The picture.
    """

    time_s: float
    image: Image


class Reel:
    """The film of one variant.

    Args:
        path: Its recording.
        record: What was judged.
        title: Stands above the pictures.
        signal: The signal below them; empty for one of the first criterion that was lost.
        before_s: So much is shown of what was before the first criterion was lost, and after_s of what came
            then, seconds; of an episode that lost none at a moment that before its end.
        after_s: See there.

    Raises:
        NoFilm: The recording has no pictures, or no such signal.
    """

    def __init__(
        self,
        path: Path,
        record: RunRecord | Score,
        title: str,
        signal: str = "",
        before_s: float = math.inf,
        after_s: float = math.inf,
    ) -> None:
        if path.suffix != ENDING:
            raise NoFilm(f"{path} holds no pictures; with `pip install 'simgate[recordings]'` later runs' do")
        try:
            self._trace = load_trace(path)
            self._log: LogFile = open_log(path)
        except NativeError as error:
            raise NoFilm(error.message) from None
        except OSError as error:
            raise NoFilm(f"{path}: {error.strerror or error}") from None
        except ValueError as error:
            raise NoFilm(str(error)) from None
        self._topic = "/" + self._trace.eye.replace(".", "/")
        if not self._trace.eye or self._topic not in self._log.topics:
            raise NoFilm(f"{path} holds no pictures of a camera")
        self._title = printable(title)
        lost = [c for c in (*record.criteria, *record.hard) if c.outcome is not Outcome.PASS]
        self._lost_s = next((c.lost_at_s for c in lost if c.lost_at_s is not None), None)
        middle_s = self._lost_s if self._lost_s is not None else float(self._trace.times_s[-1])
        self._from_s, self._to_s = middle_s - before_s, middle_s + after_s
        self._signal = signal or _signal_of([c.metric for c in lost], list(self._trace.signals))
        if self._signal and self._signal not in self._trace.signals:
            known = ", ".join(self._trace.signals) or "none"
            raise NoFilm(f"{path} has no signal '{printable(signal)}'; it has {known}")

    @cached_property
    def _truth(self) -> dict[int, list[tuple[int, int, int, int]]]:
        return {frame.step: [entity.box for entity in frame.entities] for frame in self._trace.frames}

    def frames(self) -> Iterator[Frame]:
        """All pictures, or every so many-th of them.

        Raises:
            NoFilm: The recording is damaged.
        """
        trace = self._trace
        times_s = (frame.step / trace.physics_hz for frame in trace.frames)
        every = -(-sum(map(self._is_shown, times_s)) // MOST_FRAMES) or 1
        kind = self._log.topics[self._topic]
        there = (
            (round(stamp_ns * trace.physics_hz / 1e9), said)
            for stamp_ns, said in self._log.messages(self._topic)
        )
        shown = (one for one in there if self._is_shown(one[0] / trace.physics_hz))
        try:
            for step, said in islice(shown, 0, None, every):
                yield Frame(step / trace.physics_hz, self._drawn(read_picture(kind, said), step))
        except (NativeError, ValueError) as error:
            raise NoFilm(getattr(error, "message", str(error))) from None

    def _is_shown(self, time_s: float) -> bool:
        return self._from_s <= time_s <= self._to_s

    def _drawn(self, pixels: Pixels, step: int) -> Image:
        from PIL import Image, ImageDraw, ImageFont

        trace = self._trace
        found = said_of(trace, trace.eye, True, step)
        shown = picture(pixels, found, scale_for(pixels.shape[1]), self._truth.get(step, []))
        tall = shown.height + _LINE + (_LANE + _LINE if self._signal else 0)
        made = Image.new("RGB", (shown.width, tall), _PAPER)
        made.paste(shown, (0, _LINE))
        pen, font = ImageDraw.Draw(made), ImageFont.load_default(12)
        time_s = step / trace.physics_hz
        pen.text((_MARGIN, 1), _ascii(f"{time_s:6.2f} s  {self._title}"), _INK, font)
        if self._signal:
            self._lane(pen, font, time_s, shown.width, _LINE + shown.height)
        return made

    def _lane(self, pen: object, font: object, time_s: float, width: int, top: int) -> None:
        """The signal over the whole episode, a line for now and one for when the criterion was lost."""
        from PIL import ImageDraw

        assert isinstance(pen, ImageDraw.ImageDraw)
        trace, values = self._trace, self._trace.signals[self._signal]
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        end_s, span = float(trace.times_s[-1]) or 1.0, (high - low) or 1.0

        def place(at_s: float, value: float) -> tuple[float, float]:
            share = (value - low) / span
            return _MARGIN + (width - 2 * _MARGIN) * at_s / end_s, top + _LINE + (_LANE - 4) * (1.0 - share)

        for k in range(1, len(values)):
            if np.isfinite(values[k - 1 : k + 1]).all():
                ends = [place(float(trace.times_s[j]), float(values[j])) for j in (k - 1, k)]
                pen.line(ends, fill=_CURVE, width=2)
        for at_s, color in ((self._lost_s, _LOST), (time_s, _INK)):
            if at_s is not None:
                x = place(min(at_s, end_s), low)[0]
                pen.line([(x, top + _LINE - 2), (x, top + _LINE + _LANE - 2)], fill=color)
        row = min(int(np.searchsorted(trace.times_s, time_s, side="right")) - 1, len(values) - 1)
        unit = next((signal.unit for signal in trace.declared if signal.name == self._signal), "")
        said = f"{self._signal} {number(float(values[row]), 3)} {unit}"
        pen.text((_MARGIN, top + 1), _ascii(said), _CURVE, font)  # type: ignore[arg-type]


def write_failure(out: Path, recording: Path, judged: Score, title: str) -> None:
    """Writes the film of how a variant failed: the seconds before it, and what came then.

    Args:
        out: The file.
        recording: Of the variant.
        judged: Its score.
        title: Stands above the pictures.

    Raises:
        NoFilm: The recording has no pictures there, or is damaged.
        OSError: The file cannot be written.
    """
    write_film(out, [Reel(recording, judged, title, before_s=_BEFORE_S, after_s=_AFTER_S)])


def write_film(out: Path, reels: Sequence[Reel]) -> int:
    """Writes one film, or several side by side, as animated WebP in simulated time.

    Args:
        out: The file.
        reels: What is shown; of each the picture that is newest at a moment.

    Returns:
        How many pictures it has.

    Raises:
        NoFilm: A recording is damaged.
        OSError: The file cannot be written.
    """
    films = [list(reel.frames()) for reel in reels]
    if not all(films):
        raise NoFilm("a recording has no picture that reached the model")
    times = sorted({frame.time_s for film in films for frame in film})
    times = times[:: -(-len(times) // MOST_FRAMES)]
    images = [_beside([_newest(film, time_s) for film in films]) for time_s in times]
    lasts_ms = [max(1, round(1000 * (b - a))) for a, b in pairwise(times)] + [1000]
    images[0].save(
        out, "WEBP", save_all=True, append_images=images[1:], duration=lasts_ms, loop=0, quality=80, method=2
    )
    return len(images)


def _newest(film: Sequence[Frame], time_s: float) -> Image:
    place = bisect.bisect_right([frame.time_s for frame in film], time_s + 1e-9) - 1
    return film[max(0, place)].image


def _beside(images: Sequence[Image]) -> Image:
    from PIL import Image

    if len(images) == 1:
        return images[0]
    width = sum(image.width for image in images) + _MARGIN * (len(images) - 1)
    made = Image.new("RGB", (width, max(image.height for image in images)), _PAPER)
    left = 0
    for image in images:
        made.paste(image, (left, 0))
        left += image.width + _MARGIN
    return made


def _signal_of(metrics: Sequence[str], there: Sequence[str]) -> str:
    """The first signal that one of these metrics is computed from, or that it is called after."""
    for name in metrics:
        info = find_metric(name)
        for signal in (*(info.signals if info is not None else ()), name):
            if signal in there:
                return signal
    return ""


def _ascii(text: str) -> str:
    """In the letters of Pillow's own font."""
    return text.encode("ascii", "backslashreplace").decode("ascii")
