"""Readers of COCO's files: boxes, panoptic labels, and the masks of instances."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from simgate.sim_adapters.datasets.dataset import (
    MOST_OBJECTS,
    Dataset,
    Labelled,
    Outline,
    Picture,
    Segments,
    about_of,
    bad,
    box_of,
    numbers,
    size_of,
    word,
)
from simgate.sim_adapters.datasets.text_files import json_of, text_of

_KEYS = frozenset(
    {"id", "file_name", "width", "height", "license", "coco_url", "flickr_url", "date_captured"}
)
_FEWEST_CORNERS = 3
_FARTHEST = 100_000
_T = TypeVar("_T")


def coco(path: Path, images: Path | None) -> Dataset:
    """COCO's ``instances_*.json``, of which the boxes count, or ``panoptic_*.json`` with its folder of maps;
    keys of an image beside COCO's own are metadata."""
    said, names = _read(path)
    if any(isinstance(entry, dict) and "segments_info" in entry for entry in said["annotations"]):
        return _panoptic(path, said, names, images)
    objects: dict[int, list[Labelled]] = defaultdict(list)

    def take(where: str, image: int, label: str, entry: Mapping[str, Any]) -> None:
        x, y, width, height = numbers(where, "bbox (x, y, width, height)", entry.get("bbox"), 4)
        hidden = bool(entry.get("ignore", 0)), bool(entry.get("iscrowd", 0))
        objects[image].append(Labelled(label, box_of(where, [x, y, x + width, y + height]), *hidden))

    _each(path, said, names, take)
    pictures = _pictures(path, said, lambda image: tuple(objects[image]), lambda image: None)
    return Dataset(images or path.parent, pictures, tuple(dict.fromkeys(names.values())))


def coco_masks(path: Path, images: Path | None) -> Dataset:
    """``instances_*.json`` again: its outlines and run lengths say of which class each pixel is, later ones
    over earlier ones, and what lies in none is nothing."""
    said, names = _read(path)
    sizes = {_id(one, "id"): size_of(one.get("width"), one.get("height")) for one in _dicts(said["images"])}
    shapes: dict[int, list[tuple[str | None, Outline]]] = defaultdict(list)

    def take(where: str, image: int, label: str, entry: Mapping[str, Any]) -> None:
        size = sizes[image]
        if size is None:
            raise bad(where, "its image says no width and height")
        outline = _outline(where, entry.get("segmentation"), size)
        shapes[image].append((None if entry.get("ignore", 0) else label, outline))

    _each(path, said, names, take)
    pictures = _pictures(
        path, said, lambda image: (), lambda image: Segments(shapes=tuple(shapes[image])), needs_size=True
    )
    return Dataset(images or path.parent, pictures, tuple(dict.fromkeys(names.values())))


def _panoptic(path: Path, said: Mapping[str, Any], names: Mapping[int, str], images: Path | None) -> Dataset:
    """A PNG for each picture, whose values are numbers of segments; 0 is what nobody has labelled."""
    found: dict[int, Segments] = {}
    known = {_id(entry, "id") for entry in said["images"]}
    for k, entry in enumerate(said["annotations"]):
        where = f"{path}: annotations[{k}]"
        image = _id(entry, "image_id")
        if image is None or image not in known:
            raise bad(where, "its image_id is that of no image")
        if image in found:
            raise bad(where, "its image has segments already")
        infos = entry.get("segments_info")
        if not isinstance(infos, list) or len(infos) > MOST_OBJECTS:
            raise bad(where, f"segments_info is a list of at most {MOST_OBJECTS:,} segments")
        ids: dict[int, str | None] = {0: None}
        for segment in infos:
            number, category = _id(segment, "id"), _id(segment, "category_id")
            if not number or category is None or category not in names:
                raise bad(where, "a segment has an id above 0, and the category_id of a category")
            ids[number] = names[category]
        found[image] = Segments(word(where, "file_name", entry.get("file_name")), ids, is_panoptic=True)
    pictures = _pictures(path, said, lambda image: (), found.get)
    classes = tuple(dict.fromkeys(names.values()))
    return Dataset(images or path.parent, pictures, classes, path.with_suffix(""))


def _read(path: Path) -> tuple[Mapping[str, Any], dict[int, str]]:
    """What a file says, and the names of its categories."""
    said = json_of(str(path), text_of(path))
    if not isinstance(said, dict) or not all(
        isinstance(said.get(key), list) for key in ("images", "annotations", "categories")
    ):
        raise bad(str(path), "a COCO file has lists images, annotations and categories")
    names: dict[int, str] = {}
    for k, entry in enumerate(said["categories"]):
        where = f"{path}: categories[{k}]"
        if (number := _id(entry, "id")) is None:
            raise bad(where, "a category has a whole number as its id, and a name")
        names[number] = word(where, "name", entry.get("name"))
    return said, names


def _each(
    path: Path,
    said: Mapping[str, Any],
    names: Mapping[int, str],
    take: Callable[[str, int, str, Mapping[str, Any]], None],
) -> None:
    """Hands over each annotation with its place, image and class."""
    known = {_id(entry, "id") for entry in said["images"]}
    for k, entry in enumerate(said["annotations"]):
        where = f"{path}: annotations[{k}]"
        image, category = _id(entry, "image_id"), _id(entry, "category_id")
        if image is None or image not in known:
            raise bad(where, "its image_id is that of no image")
        if category is None or category not in names:
            raise bad(where, "its category_id is that of no category")
        take(where, image, names[category], entry)


def _pictures(
    path: Path,
    said: Mapping[str, Any],
    objects: Callable[[int], tuple[Labelled, ...]],
    segments: Callable[[int], Segments | None],
    *,
    needs_size: bool = False,
) -> tuple[Picture, ...]:
    pictures = []
    for k, entry in enumerate(said["images"]):
        where = f"{path}: images[{k}]"
        if (image := _id(entry, "id")) is None:
            raise bad(where, "an image has a whole number as its id, and a file_name")
        name = word(where, "file_name", entry.get("file_name"))
        about, size = about_of(where, entry, _KEYS), size_of(entry.get("width"), entry.get("height"))
        if needs_size and size is None:
            raise bad(where, "an image with masks has width and height")
        pictures.append(Picture(name, objects(image), about, size, segments(image)))
    return tuple(pictures)


def _id(entry: object, name: str) -> int | None:
    """A whole number that an entry has under a name; None for anything else."""
    value = entry.get(name) if isinstance(entry, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _dicts(entries: list[_T]) -> list[Any]:
    return [one for one in entries if isinstance(one, dict)]


def _outline(where: str, said: object, size: tuple[int, int]) -> Outline:
    """Polygons, or lengths of runs as numbers or in COCO's letters."""
    if isinstance(said, list) and said:
        polygons = []
        for one in said:
            if not isinstance(one, list) or len(one) % 2 or len(one) < 2 * _FEWEST_CORNERS:
                raise bad(where, "a polygon is a list x, y, x, y, ... of at least three corners")
            polygons.append(tuple(numbers(where, "a polygon", one, len(one))))
            if max(map(abs, polygons[-1])) > _FARTHEST:
                raise bad(where, f"a corner of its polygon is more than {_FARTHEST:,} pixels away")
        return Outline(polygons=tuple(polygons))
    if not isinstance(said, dict):
        raise bad(where, "its segmentation is a list of polygons, or {size: [height, width], counts: ...}")
    width, height = size
    if said.get("size") != [height, width]:
        raise bad(where, f"the size of its segmentation is not that of its image, [{height}, {width}]")
    counts = said.get("counts")
    if isinstance(counts, str):
        found = _of_letters(where, counts)
    elif isinstance(counts, list):
        found = [int(one) for one in numbers(where, "counts", counts, len(counts))]
    else:
        raise bad(where, "counts are a list of whole numbers, or COCO's letters")
    if min(found, default=0) < 0 or sum(found) != width * height:
        raise bad(where, f"its runs are {sum(found)} pixels long, the image has {width * height}")
    return Outline(runs=tuple(found))


_FIRST, _MORE, _SIGN, _BITS = 48, 0x20, 0x10, 5
"""Of COCO's letters: the first, and what their bits mean."""
_LONGEST = math.ceil(32 / _BITS)


def _of_letters(where: str, text: str) -> list[int]:
    """Lengths of runs as COCO compresses them: five bits a letter; from the fourth on by how much a run is
    longer than the one before the last."""
    found: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - _FIRST
        if not 0 <= bits < 2 * _MORE or shift > _LONGEST * _BITS:
            raise bad(where, "counts are none of COCO's letters")
        value |= (bits & (_MORE - 1)) << shift
        shift += _BITS
        if bits & _MORE:
            continue
        if bits & _SIGN:
            value -= 1 << shift
        found.append(value + found[-2] if len(found) > 2 else value)
        value = shift = 0
    if shift:
        raise bad(where, "counts end within a number")
    return found
