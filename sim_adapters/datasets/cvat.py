"""Reader of CVAT's XML: "CVAT for images", and "CVAT for video" with its tracks, frame by frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from simgate.sim_adapters.datasets.dataset import (
    MOST_PICTURES,
    Dataset,
    Labelled,
    Picture,
    bad,
    box_of,
    numbers,
    size_of,
    word,
)
from simgate.sim_adapters.datasets.text_files import xml_of

_SHAPES = ("polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton")
_SIDES = ("xtl", "ytl", "xbr", "ybr")


def cvat(path: Path, images: Path | None) -> Dataset:
    """A file of either kind; frames of a video are called as CVAT exports them, ``frame_000012.PNG``."""
    top = xml_of(path)
    if top.tag != "annotations":
        raise bad(str(path), "a file of CVAT holds <annotations>")
    found = list(_images(str(path), top)) or list(_frames(str(path), top))
    classes = dict.fromkeys(one.label for picture in found for one in picture.objects)
    return Dataset(images or path.parent, tuple(found), tuple(classes))


def _images(where: str, top: ElementTree.Element) -> Iterator[Picture]:
    for entry in top.iter("image"):
        name = word(where, "an image's name", entry.get("name"))
        at = f"{where}: image {name}"
        _only_boxes(at, entry)
        objects = tuple(_object(at, word(at, "label", box.get("label")), box) for box in entry.iter("box"))
        yield Picture(name, objects, {}, size_of(entry.get("width"), entry.get("height")))


def _frames(where: str, top: ElementTree.Element) -> Iterator[Picture]:
    """The frames of a video, those without a box too: they are looked at, and nothing is there."""
    objects: dict[int, list[Labelled]] = defaultdict(list)
    for track in top.iter("track"):
        at = f"{where}: track {track.get('id', '')[:20]}"
        label = word(at, "label", track.get("label"))
        _only_boxes(at, track)
        for box in track.iter("box"):
            frame = _whole(at, "frame", box.get("frame"))
            if box.get("outside", "0") != "1":
                objects[frame].append(_object(f"{at}, frame {frame}", label, box))
    task = next((one for name in ("task", "job") if (one := top.find(f"meta/{name}")) is not None), None)
    if task is None:
        raise bad(where, "it holds no image, and no meta/task that says which frames are labelled")
    first = _whole(where, "start_frame", task.findtext("start_frame") or "0")
    count = _whole(where, "size", task.findtext("size"))
    if (sampled := (task.findtext("frame_filter") or "").strip()) not in ("", "step=1"):
        raise bad(where, f"only some frames are in it ({sampled[:40]!r})", "export images in place of video")
    if (early := min(objects, default=first)) < first:
        raise bad(where, f"a box is of frame {early}, before start_frame {first}")
    last = max([first + count - 1, *objects])
    if last - first >= MOST_PICTURES:
        raise bad(where, f"more than {MOST_PICTURES:,} frames")
    size = size_of(task.findtext("original_size/width"), task.findtext("original_size/height"))
    for frame in range(first, last + 1):
        yield Picture(f"frame_{frame:06d}.PNG", tuple(objects[frame]), {}, size)


def _object(at: str, label: str, box: ElementTree.Element) -> Labelled:
    corners = numbers(at, "a box (xtl, ytl, xbr, ybr)", [box.get(side) for side in _SIDES], 4)
    if numbers(at, "rotation", [box.get("rotation") or "0"], 1) != [0.0]:
        raise bad(at, "turned boxes are not read", "write upright ones")
    return Labelled(label, box_of(at, corners))


def _only_boxes(at: str, entry: ElementTree.Element) -> None:
    if other := next((one.tag for one in entry.iter() if one.tag in _SHAPES), None):
        raise bad(at, f"labels of the kind {other} are not read", "write their boxes")


def _whole(at: str, what: str, value: str | None) -> int:
    (number,) = numbers(at, what, [value], 1)
    if number < 0 or number != int(number):
        raise bad(at, f"{what} must be a whole number")
    return int(number)
