"""Readers of labels: YOLO folders, Pascal VOC, KITTI; beside them ``coco.py``, ``jsonl.py``, ``cvat.py``.

What a file says is data: names lead nowhere out of the data set's folder, nothing is fetched or run, sizes
and counts are bounded, and what is no number is refused with its place.
"""

from __future__ import annotations

from pathlib import Path

from simgate.sim_adapters.datasets.coco import coco, coco_masks
from simgate.sim_adapters.datasets.cvat import cvat
from simgate.sim_adapters.datasets.dataset import (
    MOST_BYTES,
    MOST_PICTURES,
    Dataset,
    Labelled,
    Picture,
    about_of,
    bad,
    box_of,
    numbers,
    size_of,
    word,
)
from simgate.sim_adapters.datasets.jsonl import json_lines
from simgate.sim_adapters.datasets.text_files import lines_of, text_of, xml_of
from simgate.sim_adapters.files.decoded import upright_size
from simgate.sim_adapters.files.plain_file import NotPlain, require_plain

ENDINGS = (".png", ".jpg", ".jpeg")
_YOLO_FIELDS = 5


def yolo(path: Path, images: Path | None) -> Dataset:
    """A YOLO folder with ``classes.txt`` or ``data.yaml``: ``images/**`` beside ``labels/**``, a line
    ``class x y width height`` an object, as shares of the picture. The first folder below ``images`` is the
    metadata ``split``."""
    root = path if path.is_dir() else path.parent
    names = _yolo_names(root)
    folder = images or root / "images"
    pictures = []
    for file in _files(folder):
        label = root / "labels" / file.relative_to(folder).with_suffix(".txt")
        width, height = _size(file)
        objects = []
        for number, line in lines_of(label):
            where, parts = f"{label}:{number}", line.split()
            if len(parts) != _YOLO_FIELDS:
                hint = "outlines, turned boxes and key points are not read; write their boxes"
                raise bad(where, f"a line has {_YOLO_FIELDS} numbers, this one {len(parts)}", hint)
            index, x, y, w, h = numbers(where, "class, x, y, width, height", parts, _YOLO_FIELDS)
            if index != int(index) or not 0 <= index < len(names) or min(w, h) < 0:
                raise bad(where, f"the class must be 0 to {len(names) - 1}, and no side negative")
            corners = [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height]
            objects.append(Labelled(names[int(index)], box_of(where, corners)))
        name = file.relative_to(folder)
        about = {"split": name.parts[0]} if len(name.parts) > 1 else {}
        pictures.append(Picture(name.as_posix(), tuple(objects), about))
    return Dataset(folder, tuple(pictures), tuple(names))


def _yolo_names(root: Path) -> list[str]:
    import yaml

    listed, described = root / "classes.txt", root / "data.yaml"
    if listed.is_file():
        return [word(str(listed), "a class", line.strip()) for _, line in lines_of(listed)]
    if not described.is_file():
        raise bad(str(root), "a YOLO folder has classes.txt, or data.yaml with names")
    try:
        said = yaml.safe_load(text_of(described))
    except (yaml.YAMLError, RecursionError) as error:
        raise bad(str(described), f"it is no YAML: {' '.join(str(error).split())[:200]}") from None
    names = said.get("names") if isinstance(said, dict) else None
    if isinstance(names, dict):
        names = [names.get(k) for k in range(len(names))]
    if not isinstance(names, list) or not names:
        raise bad(str(described), "names must be a list of classes, or 0: CLASS, 1: CLASS, ...")
    return [word(str(described), "a class", name) for name in names]


def voc(path: Path, images: Path | None) -> Dataset:
    """Pascal VOC: ``Annotations/*.xml`` beside ``JPEGImages``; pixels count from 1, both ends belong to a
    box."""
    folder = images or path / "JPEGImages"
    pictures, classes = [], {}
    for file in sorted((path / "Annotations").glob("*.xml")):
        where, top = str(file), xml_of(file)
        objects = []
        for entry in top.iter("object"):
            label = word(where, "name", (entry.findtext("name") or "").strip())
            classes[label] = True
            corners = [entry.findtext(f"bndbox/{key}") for key in ("xmin", "ymin", "xmax", "ymax")]
            x0, y0, x1, y1 = numbers(where, "bndbox (xmin, ymin, xmax, ymax)", corners, 4)
            difficult = (entry.findtext("difficult") or "0").strip() == "1"
            objects.append(Labelled(label, box_of(where, [x0 - 1, y0 - 1, x1, y1]), ignore=difficult))
        name = word(where, "filename", (top.findtext("filename") or "").strip())
        about = about_of(where, {"folder": top.findtext("folder") or None}, frozenset())
        size = size_of(top.findtext("size/width"), top.findtext("size/height"))
        pictures.append(Picture(name, tuple(objects), about, size))
    return Dataset(folder, tuple(pictures), tuple(classes))


_KITTI_FIELDS = 15


def kitti(path: Path, images: Path | None) -> Dataset:
    """KITTI objects: ``label_2/*.txt`` beside ``image_2``; nothing is judged in regions ``DontCare``."""
    folder = images or path / "image_2"
    by_stem = {file.stem: file for file in _files(folder)}
    pictures: list[Picture] = []
    for label in sorted((path / "label_2").glob("*.txt")):
        if label.stem not in by_stem:
            raise bad(str(label), f"there is no picture of this name in {folder}")
        name = by_stem[label.stem].relative_to(folder).as_posix()
        pictures.append(Picture(name, _kitti_objects(label)))
    return _of_kitti(folder, pictures)


def kitti_labels(path: Path) -> Dataset:
    """A folder of KITTI's label files alone, or with them in ``label_2``: the pictures are elsewhere."""
    folder = path / "label_2" if (path / "label_2").is_dir() else path
    return _of_kitti(
        folder, [Picture(file.stem, _kitti_objects(file)) for file in sorted(folder.glob("*.txt"))]
    )


def _of_kitti(folder: Path, pictures: list[Picture]) -> Dataset:
    classes = dict.fromkeys(one.label for picture in pictures for one in picture.objects if one.label)
    return Dataset(folder, tuple(pictures), tuple(classes))


def _kitti_objects(label: Path) -> tuple[Labelled, ...]:
    objects = []
    for number, line in lines_of(label):
        where, parts = f"{label}:{number}", line.split()
        if len(parts) < _KITTI_FIELDS:
            raise bad(where, f"a line of KITTI labels has {_KITTI_FIELDS} fields, this one {len(parts)}")
        kind, unknown = word(where, "the type", parts[0]), parts[0] == "DontCare"
        corners = numbers(where, "the box (left, top, right, bottom)", parts[4:8], 4)
        objects.append(Labelled("" if unknown else kind, box_of(where, corners), crowd=unknown))
    return tuple(objects)


def _files(folder: Path) -> list[Path]:
    """All pictures below a folder, by name; links to folders are not followed."""
    if not folder.is_dir():
        raise bad(str(folder), "there is no such folder of pictures", "name it under images")
    found = []
    for file in folder.rglob("*"):
        if file.suffix.lower() in ENDINGS:
            found.append(file)
        if len(found) > MOST_PICTURES:
            raise bad(str(folder), f"more than {MOST_PICTURES:,} pictures")
    return sorted(found)


def _size(file: Path) -> tuple[int, int]:
    from PIL import Image

    try:
        require_plain(file, MOST_BYTES)
        with Image.open(file, formats=("PNG", "JPEG")) as image:
            return upright_size(image)
    except NotPlain as error:
        raise bad(str(file), error.strerror or "it is no plain file") from None
    except (OSError, ValueError, Image.DecompressionBombError):
        raise bad(str(file), "it is no PNG or JPEG picture") from None


FORMATS = {
    "coco": coco,
    "coco_masks": coco_masks,
    "jsonl": json_lines,
    "yolo": yolo,
    "voc": voc,
    "kitti": kitti,
    "cvat": cvat,
}
"""Name -> reader of a path and, where it is named, of the folder of pictures."""


def format_of(path: Path) -> str:
    """The format of a path, by what lies there; empty where that says nothing."""
    if path.suffix == ".jsonl":
        return "jsonl"
    if path.suffix == ".json":
        return "coco"
    if path.suffix == ".xml":
        return "cvat"
    if path.suffix in (".yaml", ".yml") or (path / "labels").is_dir():
        return "yolo"
    if (path / "Annotations").is_dir():
        return "voc"
    return "kitti" if (path / "label_2").is_dir() else ""
