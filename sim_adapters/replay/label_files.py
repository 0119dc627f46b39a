"""Labels of a log's pictures in a file beside it: by the stamps of these, or by their numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from simgate.sim_adapters.datasets.coco import coco
from simgate.sim_adapters.datasets.cvat import cvat
from simgate.sim_adapters.datasets.dataset import Dataset, Picture, bad
from simgate.sim_adapters.datasets.entities import entities_of
from simgate.sim_adapters.datasets.formats import kitti_labels
from simgate.sim_adapters.datasets.jsonl import json_lines
from simgate.sim_adapters.observation import VisibleEntity

By = Literal["stamp", "number"]
_READERS: dict[str, Callable[[Path, Path | None], Dataset]] = {
    ".json": coco,
    ".jsonl": partial(json_lines, of_log=True),
    ".xml": cvat,
}
_ENDINGS = re.compile(r"\.(png|jpe?g|webp|txt)\Z", re.IGNORECASE)
_STAMP = re.compile(r"(?:.*?[^0-9.])?(?:(\d{16,19})|(\d{1,10})[.](\d{1,9}))\Z", re.DOTALL)
_NUMBER = re.compile(r"(?:.*[^0-9])?(\d{1,9})\Z", re.DOTALL)
BY_NUMBER = "write labels_by: number where labels are numbered as the log's pictures are, from 0"


@dataclass(frozen=True, slots=True)
class LabelFile:
    """The labels of a log.

    Attributes:
        by: What tells which picture they belong to.
        found: Nanoseconds (by stamp; ``from_start``: since the log's first picture) or number of the picture
            -> what is labelled there.
        from_start: Whether stamps count from the log's first picture.
        sizes: Widths and heights of the pictures that were labelled, as far as the file says them.
        classes: All names of classes.
    """

    by: By
    found: dict[int, tuple[VisibleEntity, ...]]
    from_start: bool
    sizes: frozenset[tuple[int, int]]
    classes: tuple[str, ...]


def read_label_file(path: Path, by: By) -> LabelFile:
    """The labels of a file: COCO, CVAT, JSON lines; of a folder: KITTI.

    Args:
        path: Of the file or folder.
        by: ``stamp``: each labelled picture says ``stamp_ns``, ``stamp`` (seconds) or ``time_s`` (since the
            log's first picture), or has its stamp as its name; ``number``: its name ends in its number.

    Raises:
        NativeError: It cannot be used; the message says where and why.
    """
    labels = _read(path)
    if not labels.pictures:
        raise bad(
            str(path), "it labels no picture", "name a file of COCO, CVAT or JSON lines, or a folder of KITTI"
        )
    told = [_place(path, one, by) for one in labels.pictures]
    if len({relative for _, relative in told}) > 1:
        raise bad(str(path), "some pictures say time_s, since the log's first one, and others a stamp")
    found: dict[int, tuple[VisibleEntity, ...]] = {}
    for one, (place, _) in zip(labels.pictures, told, strict=True):
        if place in found:
            raise bad(str(path), f"the picture {one.name!r} has the {by} of another one", "join its entries")
        found[place] = entities_of(one.objects, math.nan)
    sizes = frozenset(one.size for one in labels.pictures if one.size is not None)
    return LabelFile(by, found, told[0][1], sizes, labels.classes)


def _read(path: Path) -> Dataset:
    if path.is_dir():
        return kitti_labels(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        hint = "read are .json (COCO), .xml (CVAT), .jsonl (JSON lines), and a folder of KITTI's .txt"
        raise bad(str(path), "what format is it of?", hint)
    return reader(path, None)


def _place(path: Path, one: Picture, by: By) -> tuple[int, bool]:
    """The number of a picture, or its stamp in nanoseconds and whether that counts from the first one."""
    name = _ENDINGS.sub("", one.name)
    where = f"{path}: {one.name}"
    if by == "number":
        if (frame := one.about.get("frame")) is not None:
            if not isinstance(frame, int) or isinstance(frame, bool) or frame < 0:
                raise bad(where, "frame must be a whole number, from 0")
            return frame, False
        if (numbered := _NUMBER.match(name)) is None:
            raise bad(where, "its name ends in no number", "name it so, or say it under frame")
        return int(numbered[1]), False
    for key, scale in (("stamp_ns", 1), ("stamp", 10**9), ("time_s", 10**9)):
        if (value := one.about.get(key)) is not None:
            if isinstance(value, bool | str):
                raise bad(where, f"{key} must be a number")
            return round(value * scale), key == "time_s"
    if (stamped := _STAMP.match(name)) is None:
        raise bad(where, "it says no stamp_ns, stamp or time_s, and its name is no stamp", BY_NUMBER)
    whole, seconds, rest = stamped.groups()
    return (int(whole) if whole else int(seconds) * 10**9 + int(rest.ljust(9, "0"))), False
