"""Masks, depth and poses of labels as arrays: equal to pycocotools' masks, and hostile ones are refused."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from simgate.sim_adapters.datasets.dataset import Segments
from simgate.sim_adapters.datasets.frames import BadPicture
from simgate.sim_adapters.datasets.maps import classes_of, depth_of, points_of
from simgate.sim_adapters.datasets.world import read_dataset
from simgate.sim_adapters.worlds.native_file import NativeError

WIDTH, HEIGHT = 37, 23


def png(values, palette=False):
    out, image = io.BytesIO(), Image.fromarray(values)
    if palette:
        image.putpalette([k // 3 for k in range(768)])
    image.save(out, "PNG")
    return out.getvalue()


def coco(folder, segmentations, **entry):
    annotations = [
        {"id": k, "image_id": 1, "category_id": 1 + k % 2, "bbox": [0, 0, 1, 1], "segmentation": one} | entry
        for k, one in enumerate(segmentations)
    ]
    image = {"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}
    categories = [{"id": 1, "name": "cup"}, {"id": 2, "name": "fork"}]
    said = {"images": [image], "annotations": annotations, "categories": categories}
    path = folder / "labels.json"
    path.write_text(json.dumps(said))
    return path


@pytest.mark.parametrize("seed", range(6))
def test_outlines_and_runs_are_the_masks_of_pycocotools(tmp_path, seed):
    masks = pytest.importorskip("pycocotools.mask")
    random = np.random.default_rng(seed)
    said, truth = [], np.zeros((HEIGHT, WIDTH), int)
    for k in range(8):
        if k % 3 == 0:
            polygons = [
                (random.uniform(-4, 1.1, 2 * random.integers(3, 9)) * HEIGHT).tolist()
                if random.random() < 0.2
                else (random.uniform(0, 1, 2 * random.integers(3, 9)) * WIDTH).round(2).tolist()
                for _ in range(random.integers(1, 3))
            ]
            own = masks.decode(masks.frPyObjects(polygons, HEIGHT, WIDTH)).any(axis=2)
            said.append(polygons)
        else:
            own = random.random((HEIGHT, WIDTH)) < random.choice([0.02, 0.3])
            packed = masks.encode(np.asfortranarray(own.astype(np.uint8)))
            runs = np.flatnonzero(np.diff(np.concatenate([[0], own.T.ravel(), [0]]).astype(int)))
            counts = np.diff(np.concatenate([[0], runs, [own.size]])).tolist()
            plain = {"size": [HEIGHT, WIDTH], "counts": counts}
            packed = {"size": [HEIGHT, WIDTH], "counts": packed["counts"].decode()}
            said.append(plain if k % 3 == 1 else packed)
        truth[own] = 1 + k % 2
    (picture,) = read_dataset(coco(tmp_path, said), "coco_masks", None).pictures
    labels, names = classes_of(picture.segments, None, (WIDTH, HEIGHT))
    assert set(names) <= {"", "cup", "fork"}
    known = np.array([{"": 0, "cup": 1, "fork": 2}[name] for name in names])
    assert np.array_equal(known[labels], truth)


def test_what_is_to_be_ignored_is_not_judged_and_later_ones_lie_above(tmp_path):
    whole = {"size": [HEIGHT, WIDTH], "counts": [0, HEIGHT * WIDTH]}
    first = {"size": [HEIGHT, WIDTH], "counts": [0, HEIGHT, HEIGHT * (WIDTH - 1)]}
    path = coco(tmp_path, [whole, first])
    said = json.loads(path.read_text())
    said["annotations"][1]["ignore"] = 1
    path.write_text(json.dumps(said))
    (picture,) = read_dataset(path, "coco_masks", None).pictures
    labels, names = classes_of(picture.segments, None, (WIDTH, HEIGHT))
    assert {names[k] for k in labels[:, 0]} == {None}
    assert {names[k] for k in labels[:, 1:].ravel()} == {"cup"}


@pytest.mark.parametrize(
    "segmentation, said",
    [
        ([[1, 1, 5, 5]], "at least three corners"),
        ([[1, 1, 5, 5, 9, 1e8]], "pixels away"),
        ({"size": [5, 5], "counts": [25]}, "not that of its image"),
        ({"size": [HEIGHT, WIDTH], "counts": [3]}, "its runs are 3 pixels long"),
        ({"size": [HEIGHT, WIDTH], "counts": [HEIGHT * WIDTH + 1, -1]}, "pixels long"),
        ({"size": [HEIGHT, WIDTH], "counts": "\x10"}, "none of COCO's letters"),
        ({"size": [HEIGHT, WIDTH], "counts": "o" * 50}, "none of COCO's letters"),
        ({"size": [HEIGHT, WIDTH], "counts": "o"}, "end within a number"),
        (7, "a list of polygons"),
    ],
)
def test_a_mask_that_is_none_is_refused_with_its_place(tmp_path, segmentation, said):
    with pytest.raises(NativeError) as refused:
        read_dataset(coco(tmp_path, [segmentation]), "coco_masks", None)
    assert said in str(refused.value.message)
    assert "annotations[0]" in str(refused.value.message)


def panoptic(folder, **segment):
    info = {"id": 300, "category_id": 2} | segment
    entry = {"image_id": 1, "file_name": "a.png", "segments_info": [info]}
    said = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "annotations": [entry],
        "categories": [{"id": 2, "name": "fork"}],
    }
    (folder / "panoptic.json").write_text(json.dumps(said))
    return folder / "panoptic.json"


def test_panoptic_labels_are_numbers_in_colours_and_nothing_is_known_of_zero(tmp_path):
    found = read_dataset(panoptic(tmp_path), "coco", None)
    assert found.maps == tmp_path / "panoptic"
    colours = np.zeros((2, 3, 3), np.uint8)
    colours[0, 0] = (44, 1, 0)
    labels, names = classes_of(found.pictures[0].segments, png(colours), (3, 2))
    assert [[names[k] for k in row] for row in labels] == [["fork", None, None], [None] * 3]
    colours[1, 2] = (45, 1, 0)
    with pytest.raises(BadPicture, match=r"holds the value 301, which no segment"):
        classes_of(found.pictures[0].segments, png(colours), (3, 2))
    with pytest.raises(NativeError):
        read_dataset(panoptic(tmp_path, category_id=9), "coco", None)


def test_a_map_of_values_says_classes_by_what_the_pack_names():
    values = np.array([[0, 7, 255]], np.uint8)
    segments = Segments("m.png", {0: "background", 7: "cup", 255: None})
    for content in (png(values), png(values, palette=True), png(values.astype(np.uint16))):
        labels, names = classes_of(segments, content, (3, 1))
        assert [names[k] for k in labels[0]] == ["background", "cup", None]
    with pytest.raises(BadPicture, match=r"has 3x1 pixels, its picture 1x3"):
        classes_of(segments, png(values), (1, 3))
    with pytest.raises(BadPicture, match=r"the value 7, which mask_values does not name"):
        classes_of(Segments("m.png", {0: "background", 255: None}), png(values), (3, 1))
    with pytest.raises(BadPicture, match="RGB values, not one channel"):
        classes_of(segments, png(np.zeros((1, 3, 3), np.uint8)), (3, 1))
    with pytest.raises(BadPicture, match="no PNG"):
        classes_of(segments, png(values)[:20], (3, 1))


def test_depth_is_metres_and_zero_is_what_nobody_has_measured():
    values = np.array([[0, 1, 65535]], np.uint16)
    depth = depth_of("d.png", png(values), 1 / 256, (3, 1))
    assert depth.dtype == np.float32
    assert depth.tolist() == [[np.inf, 1 / 256, 65535 / 256]]
    with pytest.raises(BadPicture, match="L values, not 16 bits"):
        depth_of("d.png", png(values.astype(np.uint8)), 1.0, (3, 1))


def test_points_are_the_vertices_of_an_obj_file():
    text = b"# a\nv 0 0 0\nvn 1 2 3\nv 1.5 -2 3e-1 0.5\nf 1 2 1\n"
    assert points_of("a.obj", text).tolist() == [[0, 0, 0], [1.5, -2, 0.3]]
    for wrong in (b"", b"v 1 2\n", b"v 1 2 nan\n", b"v 1 2 x\n", b"\xff\xfe"):
        with pytest.raises(BadPicture, match="no OBJ file with vertices"):
            points_of("a.obj", wrong)


def lines(folder, **said):
    (folder / "a.jsonl").write_text(json.dumps({"image": "a.png"} | said) + "\n")
    return folder / "a.jsonl"


def test_a_pose_is_a_matrix_or_a_quaternion(tmp_path):
    half = 2**-0.5
    pose = {"label": "cup", "translation_m": [1, 2, 3]}
    for turn in ({"quaternion": [half, 0, 0, half]}, {"rotation": [[0, -1, 0], [1, 0, 0], [0, 0, 1]]}):
        (picture,) = read_dataset(lines(tmp_path, poses=[pose | turn]), "jsonl", None).pictures
        assert picture.poses[0].rotation == pytest.approx((0, -1, 0, 1, 0, 0, 0, 0, 1))
        assert picture.poses[0].translation_m == (1, 2, 3)


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"rotation": [1, 0, 0, 0, 1, 0, 0, 0, -1]}, "mirror image"),
        ({"rotation": [[2, 0, 0], [0, 1, 0], [0, 0, 1]]}, "not orthonormal"),
        ({"quaternion": [1, 1, 0, 0]}, "the length 1.414"),
        ({"quaternion": [1, 0, 0]}, "must be 4 numbers"),
        ({"translation_m": [0, 0, "nan"]}, "not finite"),
        ({"occlusion": 2}, "a share from 0 to 1"),
    ],
)
def test_a_pose_that_is_none_is_refused_with_its_line(tmp_path, wrong, said):
    pose = {"label": "cup", "translation_m": [0, 0, 1], "rotation": np.eye(3).tolist()} | wrong
    with pytest.raises(NativeError) as refused:
        read_dataset(lines(tmp_path, poses=[pose]), "jsonl", None)
    assert said in refused.value.message
    assert "a.jsonl:1" in refused.value.message
    pose = {"label": "cup", "translation_m": [0, 0, 1], "rotation": np.eye(3).tolist()}
    with pytest.raises(NativeError, match="two poses of class cup"):
        read_dataset(lines(tmp_path, poses=[pose, pose]), "jsonl", None)


def test_masks_without_the_meaning_of_their_values_are_refused(tmp_path):
    with pytest.raises(NativeError, match="what do the values of its masks mean"):
        read_dataset(lines(tmp_path, mask="m.png"), "jsonl", None)
    found = read_dataset(lines(tmp_path, mask="m.png"), "jsonl", None, values={0: "a", 1: None})
    assert found.pictures[0].segments.ids == {0: "a", 1: None}
    assert found.classes == ("a",)
