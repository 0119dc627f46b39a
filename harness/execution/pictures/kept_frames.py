"""The frames of an episode: in memory while they are few, in a temporary file beyond that.

Ten minutes of 640x480 pixels at 10 Hz are 5.5 GB. What is judged needs none of them; pictures, strips, films
and the recording look at one after the other, as JPEG. What measures frames needs them as they are.
"""

from __future__ import annotations

import io
import tempfile
from abc import abstractmethod
from collections.abc import Sequence
from typing import IO, overload

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
MOST_RAW_BYTES = 200_000_000
"""Of the frames of one camera in an episode; later ones are in a file, and in its recording all are JPEG."""
JPEG_QUALITY = 90


def as_jpeg(frame: Frame) -> bytes:
    """A colour picture as JPEG, where all bits of all of them would be too many."""
    from PIL import Image

    packed = io.BytesIO()
    Image.fromarray(frame, "RGB").save(packed, "JPEG", quality=JPEG_QUALITY)
    return packed.getvalue()


class LazyFrames(Sequence[Frame | None]):
    """Frames that are read when one is looked at."""

    @abstractmethod
    def is_there(self, index: int) -> bool:
        """Whether a frame reached the model, without reading it."""

    @abstractmethod
    def frame(self, index: int) -> Frame | None:
        """A frame by its place, which is none from the end."""

    @overload
    def __getitem__(self, index: int) -> Frame | None: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Frame | None]: ...

    def __getitem__(self, index: int | slice) -> Frame | Sequence[Frame | None] | None:
        places = range(len(self))[index]  # Raises for what is outside.
        return self.frame(places) if isinstance(places, int) else Chosen(self, places)


class Chosen(LazyFrames):
    """Some of other frames.

    Args:
        frames: All of them.
        places: Which.
    """

    def __init__(self, frames: Sequence[Frame | None], places: Sequence[int]) -> None:
        self._frames, self._places = frames, places

    def __len__(self) -> int:
        return len(self._places)

    def is_there(self, index: int) -> bool:
        """See :class:`LazyFrames`."""
        frames, place = self._frames, self._places[index]
        return frames.is_there(place) if isinstance(frames, LazyFrames) else frames[place] is not None

    def frame(self, index: int) -> Frame | None:
        """See :class:`LazyFrames`."""
        return self._frames[self._places[index]]


class KeptFrames(LazyFrames):
    """Frames as they come; the newest that reached the model is always at hand, as it was.

    Args:
        exact: Whether all of them are kept as they were.
    """

    def __init__(self, *, exact: bool = False) -> None:
        self._exact = exact
        self._kept: list[Frame | tuple[int, int] | None] = []
        self._raw = 0
        self._newest: tuple[int, Frame] | None = None
        self._file: IO[bytes] | None = None

    def append(self, frame: Frame | None) -> None:
        """Takes the next one.

        Raises:
            OSError: There is no room for it in the folder of temporary files.
        """
        if frame is not None:
            self._newest = len(self._kept), frame
        if frame is None or self._raw + frame.nbytes <= MOST_RAW_BYTES:
            self._kept.append(frame)
            self._raw += 0 if frame is None else frame.nbytes
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="simgate-frames-")  # noqa: SIM115 - as long as its frames
        packed = frame.tobytes() if self._exact else as_jpeg(frame)
        self._kept.append((self._file.seek(0, io.SEEK_END), len(packed)))
        self._file.write(packed)

    def settled(self) -> Sequence[Frame | None]:
        """Those that there are now, whatever comes."""
        return tuple(self) if self._file is None else self[:]

    def __len__(self) -> int:
        return len(self._kept)

    def is_there(self, index: int) -> bool:
        """See :class:`LazyFrames`."""
        return self._kept[index] is not None

    def frame(self, index: int) -> Frame | None:
        """See :class:`LazyFrames`."""
        from PIL import Image

        kept = self._kept[index]
        if not isinstance(kept, tuple):
            return kept
        assert self._file is not None and self._newest is not None
        if index == self._newest[0]:
            return self._newest[1]
        self._file.seek(kept[0])
        packed = self._file.read(kept[1])
        if self._exact:
            return np.frombuffer(packed, np.uint8).reshape(self._newest[1].shape).copy()
        with Image.open(io.BytesIO(packed), formats=("JPEG",)) as image:
            return np.array(image, np.uint8)


def seen_places(frames: Sequence[Frame | None]) -> list[int]:
    """The places of those that reached the model; none of them is read."""
    if isinstance(frames, LazyFrames):
        return [k for k in range(len(frames)) if frames.is_there(k)]
    return [k for k, frame in enumerate(frames) if frame is not None]
