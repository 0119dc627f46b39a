"""One truth in six formats is one data set; what is hostile or wrong in labels is refused with its place."""

import json
import os
import struct
import zlib

import pytest
from PIL import Image

from simgate.sim_adapters.datasets.dataset import size_of
from simgate.sim_adapters.datasets.formats import FORMATS, format_of
from simgate.sim_adapters.datasets.frames import (
    BadPicture,
    picture_bytes,
    read_frame,
    sha256_of,
    sha256_of_labelled,
)
from simgate.sim_adapters.datasets.world import read_dataset
from simgate.sim_adapters.worlds.native_file import NativeError

BOX = (10.0, 4.0, 30.0, 20.0)


@pytest.fixture
def folder(tmp_path):
    for name in ("images", "JPEGImages", "image_2", "labels", "Annotations", "label_2"):
        (tmp_path / name).mkdir()
    for name in ("images", "JPEGImages", "image_2"):
        Image.new("RGB", (40, 40), (200, 10, 10)).save(tmp_path / name / "a.png")
    return tmp_path


def coco(folder, **entry):
    annotation = {"id": 1, "image_id": 1, "category_id": 3, "bbox": [10, 4, 20, 16], "iscrowd": 0} | entry
    image = {"id": 1, "file_name": "a.png", "width": 40, "height": 40, "site": "lab"}
    said = {"images": [image], "annotations": [annotation], "categories": [{"id": 3, "name": "cup"}]}
    (folder / "labels.json").write_text(json.dumps(said))
    return folder / "labels.json"


def write(folder, kind):
    """The same truth in a format; returns its path."""
    if kind == "coco":
        return coco(folder)
    if kind == "jsonl":
        line = {"image": "a.png", "boxes": [{"label": "cup", "box": BOX}], "site": "lab"}
        (folder / "a.jsonl").write_text(json.dumps(line) + "\n")
        return folder / "a.jsonl"
    if kind == "yolo":
        (folder / "classes.txt").write_text("fork\ncup\n")
        (folder / "labels" / "a.txt").write_text("1 0.5 0.3 0.5 0.4\n")
        return folder
    if kind == "voc":
        box = "<xmin>11</xmin><ymin>5</ymin><xmax>30</xmax><ymax>20</ymax>"
        body = f"<object><name>cup</name><bndbox>{box}</bndbox></object>"
        text = f"<annotation><filename>a.png</filename>{body}</annotation>"
        (folder / "Annotations" / "a.xml").write_text(text)
        return folder
    if kind == "cvat":
        box = '<box label="cup" occluded="0" xtl="10.00" ytl="4.00" xbr="30.00" ybr="20.00" z_order="0"/>'
        text = f'<annotations><image id="0" name="a.png" width="40" height="40">{box}</image></annotations>'
        (folder / "a.xml").write_text(text)
        return folder / "a.xml"
    line = "cup 0.00 0 0.0 10 4 30 20 1 1 1 0 0 0 0\nDontCare -1 -1 -10 0 0 5 5 -1 -1 -1 -1 -1 -1 -1\n"
    (folder / "label_2" / "a.txt").write_text(line)
    return folder


IMAGES = {"coco": "images", "jsonl": "images", "cvat": "images"}
BOX_OF_CVAT = '<box label="cup" xtl="1" ytl="1" xbr="2" ybr="2" rotation="30"/>'


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "coco_masks"])
def test_every_format_says_the_same_of_the_same_picture(folder, kind):
    path = write(folder, kind)
    found = read_dataset(path, kind, folder / IMAGES[kind] if kind in IMAGES else None)
    (picture,) = found.pictures
    assert picture.name == "a.png"
    first = picture.objects[0]
    assert (first.label, first.ignore, first.crowd) == ("cup", False, False)
    assert first.box == pytest.approx(BOX)
    frame = read_frame(found.folder, "a.png", sha256_of(picture_bytes(found.folder, "a.png")))
    assert frame.shape == (40, 40, 3)
    if kind == "kitti":
        assert (picture.objects[1].label, picture.objects[1].crowd) == ("", True)
    if kind in ("coco", "jsonl"):
        assert picture.about == {"site": "lab"}


def test_the_format_is_told_by_the_path(tmp_path):
    for name, kind in (("labels", "yolo"), ("Annotations", "voc"), ("label_2", "kitti")):
        (tmp_path / kind / name).mkdir(parents=True)
        assert format_of(tmp_path / kind) == kind
    assert [format_of(tmp_path / name) for name in ("a.json", "a.jsonl", "a.xml", "a.csv")] == [
        "coco", "jsonl", "cvat", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "entry, place, why",
    [
        ({"bbox": [1, 2, float("nan"), 3]}, "annotations[0]", "not finite"),
        ({"bbox": [1, 2, 3]}, "annotations[0]", "4 numbers"),
        ({"bbox": [1, 2, -5, 3]}, "annotations[0]", "ends before it begins"),
        ({"bbox": [True, 2, 5, 3]}, "annotations[0]", "4 numbers"),
        ({"image_id": 7}, "annotations[0]", "image_id"),
        ({"category_id": 9}, "annotations[0]", "category_id"),
        ({"image_id": [1]}, "annotations[0]", "image_id"),
        ({"category_id": {}}, "annotations[0]", "category_id"),
    ],
)
def test_what_is_wrong_in_coco_is_refused_with_its_entry(folder, entry, place, why):
    with pytest.raises(NativeError) as error:
        read_dataset(coco(folder, **entry), "coco", folder / "images")
    assert place in str(error.value)
    assert why in str(error.value)


@pytest.mark.parametrize(
    "kind, file, text, why",
    [
        ("jsonl", "a.jsonl", "[" * 100_000, "no JSON"),
        ("jsonl", "a.jsonl", '{"image": "a\\u001b[2J.png"}', "control characters"),
        ("jsonl", "a.jsonl", '{"image": 7}', "must be a word"),
        ("jsonl", "a.jsonl", '{"image": "a.png"}\n{"image": "a.png"}', "labelled twice"),
        ("coco", "a.json", "[]", "lists images"),
        ("voc", "Annotations/a.xml", '<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', "entities"),
        ("voc", "Annotations/a.xml", "<annotation>", "no XML"),
        ("cvat", "a.xml", '<!DOCTYPE a [<!ENTITY b "c">]><annotations/>', "entities"),
        ("cvat", "a.xml", "<annotation/>", "holds <annotations>"),
        ("cvat", "a.xml", "<annotations/>", "no image, and no meta/task"),
        (
            "cvat",
            "a.xml",
            f'<annotations><image name="a.png">{BOX_OF_CVAT}</image></annotations>',
            "turned boxes",
        ),
        (
            "cvat",
            "a.xml",
            '<annotations><image name="a.png"><polygon label="cup"/></image></annotations>',
            "labels of the kind polygon",
        ),
        (
            "cvat",
            "a.xml",
            "<annotations><meta><task><size>1e8</size></task></meta></annotations>",
            "more than 1,000,000 frames",
        ),
        (
            "cvat",
            "a.xml",
            "<annotations><meta><task><size>9</size><start_frame>4</start_frame></task></meta><track label='cup'>"
            "<box frame='3' xtl='0' ytl='0' xbr='4' ybr='4'/></track></annotations>",
            "a box is of frame 3, before start_frame 4",
        ),
        ("kitti", "label_2/a.txt", "cup 1 2", "15 fields"),
        ("kitti", "label_2/b.txt", "cup 1 2", "no picture of this name"),
        ("yolo", "labels/a.txt", "9 0.5 0.5 0.1 0.1", "the class must be 0 to 1"),
        ("yolo", "labels/a.txt", "0 0.5 0.5 inf 0.1", "not finite"),
        ("yolo", "labels/a.txt", "0 0.5 0.5 0.1", "a line has 5 numbers, this one 4"),
        # The outline of an object; its first four numbers are two corners, no box.
        ("yolo", "labels/a.txt", "0 0.1 0.1 0.9 0.1 0.9 0.9", "a line has 5 numbers, this one 7"),
        ("yolo", "labels/a.txt", "0 0 0 0 0\n" * 10_001, "more than 10,000"),
    ],
)
def test_what_is_wrong_in_other_formats_is_refused_with_its_line(folder, kind, file, text, why):
    write(folder, kind)
    (folder / file).write_text(text)
    path = folder / file if kind in IMAGES else folder
    with pytest.raises(NativeError) as error:
        read_dataset(path, kind, folder / "images" if kind in IMAGES else None)
    assert why in str(error.value)
    assert file.rpartition("/")[2] in str(error.value)
    assert str(error.value).isprintable()


def test_yaml_that_would_make_objects_is_not_obeyed(folder):
    write(folder, "yolo")
    (folder / "classes.txt").unlink()
    (folder / "data.yaml").write_text("names: !!python/object/apply:os.system ['touch made']\n")
    with pytest.raises(NativeError, match="no YAML"):
        read_dataset(folder, "yolo", None)


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "link.png", "pipe.png", "a.png\0"])
def test_pictures_elsewhere_and_what_is_no_file_are_not_read(folder, name):
    (folder / "secret.png").write_bytes((folder / "images" / "a.png").read_bytes())
    (folder / "images" / "link.png").symlink_to("../secret.png")
    os.mkfifo(folder / "images" / "pipe.png")
    with pytest.raises(BadPicture):
        picture_bytes(folder / "images", name)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0" + b"\0" * 50])
def test_what_is_no_picture_is_refused_with_its_name(folder, content):
    (folder / "images" / "b.png").write_bytes(content)
    with pytest.raises(BadPicture, match=r"b\.png"):
        read_frame(folder / "images", "b.png", sha256_of(content))


def test_a_picture_that_has_changed_since_the_plan_is_refused(folder):
    with pytest.raises(BadPicture, match="another one than when the run was planned"):
        read_frame(folder / "images", "a.png", "0" * 64)


def test_a_picture_too_large_for_any_camera_is_not_decoded(folder, monkeypatch):
    monkeypatch.setattr("simgate.sim_adapters.files.decoded.MOST_PIXELS", 100)
    with pytest.raises(BadPicture, match="more than 100; scale it down"):
        read_frame(folder / "images", "a.png", sha256_of(picture_bytes(folder / "images", "a.png")))


def test_shares_of_a_picture_on_its_side_are_of_the_frame_that_the_model_is_shown(folder):
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (40, 20)).save(folder / "images" / "b.jpg", exif=turned)
    write(folder, "yolo")
    (folder / "labels" / "b.txt").write_text("1 0.5 0.25 1.0 0.5\n")
    found = read_dataset(folder, "yolo", None)
    picture = found.pictures[1]
    frame = read_frame(found.folder, "b.jpg", sha256_of(picture_bytes(found.folder, "b.jpg")))
    assert frame.shape == (40, 20, 3)
    assert picture.objects[0].box == (0.0, 0.0, 20.0, 20.0)


def test_a_picture_of_16_bits_is_not_shown_by_its_upper_half(folder):
    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" + bytes(range(48)))
    deep = b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", 8, 1, 16, 2, 0, 0, 0))
    deep += part(b"IDAT", rows) + part(b"IEND", b"")
    (folder / "images" / "b.png").write_bytes(deep)
    with pytest.raises(BadPicture, match="16 bits a channel"):
        read_frame(folder / "images", "b.png", sha256_of(deep))


@pytest.mark.parametrize("kind", ["coco", "voc"])
def test_labels_of_a_picture_of_another_size_are_refused(folder, kind):
    path = write(folder, kind)
    labels = path if kind == "coco" else path / "Annotations" / "a.xml"

    def checked(width):
        size = f"<size><width>{width}</width><height>40</height></size>"
        text = labels.read_text().replace('"width": 40', f'"width": {width}')
        labels.write_text(text.replace("</annotation>", f"{size}</annotation>"))
        found = read_dataset(path, kind, folder / "images")
        return sha256_of_labelled(found.folder, found.pictures[0])

    assert checked(40) == sha256_of(picture_bytes(folder / "images", "a.png"))
    write(folder, kind)
    with pytest.raises(BadPicture, match=r"'a\.png' has 40x40 pixels, and its labels are of one of 80x40"):
        checked(80)


@pytest.mark.parametrize("size", [(0, 0), (None, 40), ("", ""), ("x", 3)])
def test_labels_that_tell_no_size_are_of_any(size):
    assert size_of(*size) is None
