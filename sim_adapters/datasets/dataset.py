"""What a labelled data set is, whatever its files look like."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simgate.sim_adapters.printable import printable
from simgate.sim_adapters.worlds.native_file import NativeError

MOST_PICTURES = 1_000_000
MOST_OBJECTS = 10_000
"""Of one picture; more come from no labelling tool."""
MOST_BYTES = 1 << 29
"""Of one file of labels."""
LONGEST_WORD = 200
Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Labelled:
    """An object that somebody has marked in a picture.

    Attributes:
        label: Class; empty for a region of which nothing is known of any class (KITTI's ``DontCare``).
        box: x0, y0, x1, y1 in pixels, right and bottom exclusive.
        ignore: Neither to be found, nor an error to find (VOC's ``difficult``).
        crowd: The same of any number of objects, matched by the share of the detection that lies in it.
    """

    label: str
    box: tuple[float, float, float, float]
    ignore: bool = False
    crowd: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """Which pixels belong to an object.

    Attributes:
        runs: Lengths of runs that are in turn not of it and of it, down one column after the other.
        polygons: Corners x, y, x, y, ... in pixels; where there are no runs.
    """

    runs: tuple[int, ...] = ()
    polygons: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Segments:
    """Of which class each pixel of a picture is.

    Attributes:
        file: A PNG whose values are ids, a path below the folder of pictures (of COCO's panoptic labels below
            theirs); empty where ``shapes`` say it.
        ids: Id -> class, an empty one for nothing, None for what is not judged.
        shapes: Class, or None, and what belongs to it; what comes later lies above, and the rest is nothing.
        is_panoptic: Whether an id is R + 256 G + 65536 B.
    """

    file: str = ""
    ids: Mapping[int, str | None] = field(default_factory=dict)
    shapes: tuple[tuple[str | None, Outline], ...] = ()
    is_panoptic: bool = False


@dataclass(frozen=True, slots=True)
class LabelledPose:
    """Where somebody says that a body is, in the camera's frame: X right, Y down, Z ahead.

    Attributes:
        label: Class.
        rotation: Rows of the matrix from the body's frame to the camera's.
        translation_m: Of the body's origin, metres.
        occlusion: Share of it that is hidden, 0 to 1.
        pixels: At so many it is seen; 1 where nobody has counted them.
    """

    label: str
    rotation: tuple[float, ...]
    translation_m: tuple[float, float, float]
    occlusion: float = 0.0
    pixels: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """A labelled picture.

    Attributes:
        name: Path of its file below the folder of pictures.
        objects: All that is marked in it.
        about: What the files say of it besides, for slices, groups and clusters: plain values.
        size: Width and height that its boxes are of; None where the files do not say it.
        segments: None where nobody has said the class of its pixels.
        depth: Path of a 16-bit PNG below the folder of pictures; empty for none.
        poses: None where nobody has said any; of each class one at most.
    """

    name: str
    objects: tuple[Labelled, ...]
    about: Mapping[str, Value] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    segments: Segments | None = None
    depth: str = ""
    poses: tuple[LabelledPose, ...] | None = None

    @property
    def maps(self) -> tuple[str, ...]:
        """Paths of the files that say something of its pixels."""
        own = self.segments.file if self.segments is not None else ""
        return tuple(path for path in (own, self.depth) if path)

    def truth(self) -> list[object]:
        """All that is said beside boxes, as plain values; empty for nothing."""
        found: list[object] = []
        if (own := self.segments) is not None:
            shapes = [[label, one.runs, one.polygons] for label, one in own.shapes]
            found.append([own.file, sorted(own.ids.items()), shapes, own.is_panoptic])
        if self.depth:
            found.append(self.depth)
        if self.poses is not None:
            rows = [[p.label, p.rotation, p.translation_m, p.occlusion, p.pixels] for p in self.poses]
            found.append(rows)
        return found


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set.

    Attributes:
        folder: Where the paths of pictures begin.
        pictures: In the order of the files.
        classes: All names of classes, in the order of the files.
        maps: Where the paths of maps begin; None for where those of pictures do.
    """

    folder: Path
    pictures: tuple[Picture, ...]
    classes: tuple[str, ...]
    maps: Path | None = None

    def digest(self) -> str:
        """SHA-256 over all that is said of the pictures, hex; equal truth in another format has it too."""
        h = hashlib.sha256()
        for one in self.pictures:
            rows = [[o.label, *o.box, o.ignore, o.crowd] for o in one.objects]
            said = [one.name, rows, dict(sorted(one.about.items())), *one.truth()]
            h.update(json.dumps(said).encode() + b"\n")
        return h.hexdigest()


def bad(where: str, why: str, hint: str = "") -> NativeError:
    """A data set that cannot be used: file and line or entry, and what is wrong there."""
    return NativeError("file", f"{printable(where)}: {why}", hint)


def word(where: str, what: str, value: object) -> str:
    """A name that a file of labels says.

    Raises:
        NativeError: It is no text, too long, or holds what no screen shows.
    """
    if not isinstance(value, str) or not value.strip():
        raise bad(where, f"{what} must be a word")
    if len(value) > LONGEST_WORD or not value.isprintable():
        raise bad(where, f"{what} is longer than {LONGEST_WORD} letters, or holds control characters")
    return value


def numbers(where: str, what: str, values: object, count: int) -> list[float]:
    """Finite numbers that a file of labels says.

    Raises:
        NativeError: There are others, or not as many.
    """
    if not isinstance(values, list | tuple) or len(values) != count:
        raise bad(where, f"{what} must be {count} numbers")
    found = []
    for value in values:
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number) or abs(number) > 1e9:
            raise bad(where, f"{what} must be {count} numbers, and one of them is not finite")
        found.append(number)
    return found


def box_of(where: str, corners: list[float]) -> tuple[float, float, float, float]:
    """A box by its corners.

    Raises:
        NativeError: It ends before it begins.
    """
    x0, y0, x1, y1 = corners
    if x1 < x0 or y1 < y0:
        raise bad(where, f"the box {corners} ends before it begins", "boxes are x0, y0, x1, y1 here")
    return x0, y0, x1, y1


def size_of(width: object, height: object) -> tuple[int, int] | None:
    """The size of a picture as labels say it; None where they say none, as tools that leave it at 0."""
    try:
        found = int(str(width)), int(str(height))
    except ValueError:
        return None
    return found if min(found) > 0 else None


def about_of(where: str, said: Mapping[str, object], left_out: frozenset[str]) -> dict[str, Value]:
    """What is said of a picture besides its labels: plain values alone, others are left out."""
    found: dict[str, Value] = {}
    for name, value in said.items():
        if name in left_out or not isinstance(value, bool | int | float | str):
            continue
        if isinstance(value, float) and not math.isfinite(value):
            raise bad(where, f"'{printable(name)}' is not finite")
        found[word(where, "a key", name)] = (
            word(where, f"'{name}'", value) if isinstance(value, str) else value
        )
    return found
