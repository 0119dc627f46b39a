"""Labels of a log in a file beside it: the same truth by stamp and by number, from whatever tool it comes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from simgate.harness.cli.explaining.story import story
from simgate.harness.execution.episode.recordings.recording import load_trace, save_trace
from simgate.harness.scoring.evidence import Evidence
from simgate.reports.drawing.timeline import timeline
from simgate.sim_adapters.replay.label_files import read_label_file
from simgate.sim_adapters.replay.labels import ANNOTATIONS
from simgate.sim_adapters.replay.opened import OpenedLog
from simgate.sim_adapters.replay.parts import Cut, parts_of
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.test_replay import BEGIN_NS, play, site, write_ros

pytest.importorskip("rosbags", reason="needs simgate[logs]")

STAMPS = [0, 0.1, 0.2, 0.4]
SOME = "where only some are labelled write labelled: some"


def box(k: int) -> tuple[int, int, int, int]:
    return 4 + 2 * k, 4, 12 + 2 * k, 20


def write(tmp_path: Path, kind: str, by: str = "stamp") -> Path:
    """The door of light of :func:`frames`, labelled in each picture but the third, where nothing is marked."""
    stamps = [BEGIN_NS + round(at * 1e9) for at in STAMPS]
    names = [f"{s // 10**9}.{s % 10**9:09d}" if by == "stamp" else f"{k:06d}" for k, s in enumerate(stamps)]
    marked = [k for k in range(4) if k != 2]
    if kind == "kitti":
        for k, name in enumerate(names):
            line = f"door 0 0 0 {' '.join(map(str, box(k)))} 1 1 1 0 0 0 0\n" if k in marked else ""
            (tmp_path / f"{name}.txt").write_text(line)
        return tmp_path
    if kind == "jsonl":
        place = ["time_s", "frame"][by == "number"]
        at = list(range(4)) if by == "number" else [t + 0.004 for t in STAMPS]
        said = [{place: at[k], "boxes": [{"label": "door", "box": box(k)}] * (k in marked)} for k in range(4)]
        path = tmp_path / "labels.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in said))
        return path
    if kind == "coco":
        images = [{"id": k, "file_name": f"{n}.png", "width": 32, "height": 24} for k, n in enumerate(names)]
        corners = [(k, box(k)) for k in marked]
        found = [
            {"image_id": k, "category_id": 1, "bbox": [a, b, c - a, d - b]} for k, (a, b, c, d) in corners
        ]
        said = {"images": images, "annotations": found, "categories": [{"id": 1, "name": "door"}]}
        (tmp_path / "labels.json").write_text(json.dumps(said))
        return tmp_path / "labels.json"
    sides = ("xtl", "ytl", "xbr", "ybr")
    rows = [
        f'<box frame="{k}" outside="{int(k not in marked)}" occluded="0" '
        + " ".join(f'{side}="{value}"' for side, value in zip(sides, box(k), strict=True))
        + "/>"
        for k in range(4)
    ]
    size = "<original_size><width>32</width><height>24</height></original_size>"
    meta = f"<meta><task><size>4</size>{size}</task></meta>"
    text = f'<annotations>{meta}<track id="0" label="door">{"".join(rows)}</track></annotations>'
    (tmp_path / "labels.xml").write_text(text)
    return tmp_path / "labels.xml"


WAYS = [("kitti", "stamp"), ("kitti", "number"), ("coco", "stamp"), ("coco", "number"), ("cvat", "number"),
        ("jsonl", "stamp"), ("jsonl", "number")]  # fmt: skip


@pytest.mark.parametrize(("kind", "by"), WAYS)
def test_labels_of_a_file_are_those_of_the_picture_that_they_were_made_of(tmp_path, kind, by) -> None:
    (tmp_path / "labels").mkdir()
    labels = write(tmp_path / "labels", kind, by)
    log = write_ros(tmp_path / "log", STAMPS, 1)
    opened = OpenedLog(log, "/cam", None, labels, by)
    assert any(name.startswith("labels/") for name in opened.hashes())
    trace = play(site(log, labels=str(labels), labels_by=by), tmp_path).trace
    assert trace.tells_entities
    assert trace.invalid_reasons == ()
    seen = [[(one.label, one.box) for one in frame.entities] for frame in trace.frames]
    assert seen == [[("door", box(0))], [("door", box(1))], [], [("door", box(3))]]
    assert all(math.isnan(one.distance_m) for frame in trace.frames for one in frame.entities)


def test_a_part_of_a_log_has_the_labels_of_its_own_pictures(tmp_path) -> None:
    labels, log = write(tmp_path, "jsonl", "number"), write_ros(tmp_path / "log", STAMPS, 2)
    part = site(log, labels=str(labels), labels_by="number", from_s=0.15)
    frames = play(part, tmp_path).trace.frames
    assert [[one.box for one in frame.entities] for frame in frames] == [[], [box(3)]]


def test_a_label_is_that_of_the_nearest_picture_alone(tmp_path) -> None:
    log = write_ros(tmp_path / "log", [0.0, 0.1, 0.2, 0.3], 2)
    rows = [
        {"time_s": at, "boxes": [{"label": "door", "box": box(k)}]} for k, at in enumerate([0.04, 0.06, 0.25])
    ]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    labels = str(tmp_path / "labels.jsonl")
    trace = play(site(log, labels=labels, tolerance_s=0.1), tmp_path).trace
    seen = [[one.box for one in frame.entities] for frame in trace.frames]
    assert seen == [[box(0)], [box(1)], [box(2)], []]
    assert trace.invalid_reasons == (
        f"1 pictures of the log have no labels within 100 ms in labels.jsonl; {SOME}",
    )
    part = play(site(log, labels=labels, tolerance_s=0.1, from_s=0.15), tmp_path).trace
    assert [[one.box for one in frame.entities] for frame in part.frames] == [[box(2)], []]


def test_pictures_that_nobody_has_labelled_make_the_episode_invalid(tmp_path) -> None:
    labels, log = write(tmp_path, "jsonl", "number"), write_ros(tmp_path / "log", [*STAMPS, 0.5], 2)
    trace = play(site(log, labels=str(labels), labels_by="number"), tmp_path).trace
    assert trace.invalid_reasons == (
        f"1 pictures of the log have no labels of their number in labels.jsonl; {SOME}",
    )
    write(tmp_path, "jsonl")
    near = play(site(log, labels=str(labels), tolerance_s=0.001), tmp_path).trace
    said = "5 pictures of the log have no labels within 1 ms in labels.jsonl"
    assert near.invalid_reasons == (f"{said}; {SOME}",)
    none = play(site(log, labels=str(labels), tolerance_s=0.001, labelled="some"), tmp_path).trace
    assert none.invalid_reasons == (said,)


def test_where_some_pictures_are_labelled_the_others_are_shown_and_not_judged(tmp_path) -> None:
    log = write_ros(tmp_path / "log", [0.1 * k for k in range(6)], 2)
    rows = [{"frame": k, "boxes": [{"label": "glass_door", "box": box(k)}]} for k in (1, 3)]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    labels = {"labels": str(tmp_path / "labels.jsonl"), "labels_by": "number"}
    every = play(site(log, **labels), tmp_path)
    some = play(site(log, labelled="some", **labels), tmp_path)
    assert len(some.frames) == 6
    assert (some.trace.invalid_reasons, some.trace.tells_entities) == ((), True)
    assert [frame.is_told for frame in some.trace.frames] == [False, True, False, True, False, False]
    told = tuple(replace(frame, is_told=True) for frame in some.trace.frames)
    assert some.trace.digest() != replace(some.trace, frames=told).digest()
    judged, whole = (Evidence(one.trace, one.latency).matches("glass_door", {}) for one in (some, every))
    assert judged.judged_steps == [20, 60]
    assert (judged.truths, len(judged.hits), len(judged.false_alarms)) == (2, 2, 0)
    # Else what is found where nobody has looked is found in vain.
    assert len(whole.false_alarms) == 2
    save_trace(tmp_path / "trace.npz", some.trace)
    kept = load_trace(tmp_path / "trace.npz")
    assert kept.digest() == some.trace.digest()
    assert "where none is in view" not in " ".join(one.text for one in story(kept))
    (door,) = (lane for lane in timeline(kept).lanes if lane.name == "glass_door")
    assert "in the frames that somebody has labelled" in door.legend
    assert "glass_door was detected in 2 frames of which nobody tells" in timeline(kept).summary


@pytest.mark.parametrize(("line", "by", "why"), [
    ('{"boxes": []}', "stamp", "no stamp_ns, stamp or time_s, and its name is no stamp"),
    ('{"image": "000012.png", "boxes": []}', "stamp", "its name is no stamp"),
    ('{"image": "door.png"}', "number", "ends in no number"),
    ('{"frame": 4}', "number", "it labels picture 4, and the log has 4, numbered from 0"),
    ('{"image": "7.png", "frame": "1"}', "number", "frame must be a whole number"),
    ('{"boxes": []}', "number", "line 1 (no image): its name ends in no number"),
    ('{"stamp": "7"}', "stamp", "stamp must be a number"),
    ('{"stamp": NaN}', "stamp", "'stamp' is not finite"),
    ('{"time_s": 1}\n{"stamp": 1}', "stamp", "some pictures say time_s"),
    ('{"time_s": 1}\n{"time_s": 1.0}', "stamp", "has the stamp of another one"),
    ("", "stamp", "it labels no picture"),
    ('{"time_s": 9}', "stamp", "labels are from 9.0 to 9.0 s after the log's first picture"),
    ('{"stamp": 9}', "stamp", "the log lasts 0.4 s"),
])  # fmt: skip
def test_labels_that_belong_to_no_picture_of_the_log_are_told(tmp_path, line, by, why) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_text(line)
    with pytest.raises(NativeError, match=r"labels\.jsonl") as raised:
        OpenedLog(write_ros(tmp_path / "log", STAMPS, 1), "/cam", None, labels, by)
    assert why in raised.value.message
    assert raised.value.message.isprintable()


def test_labels_of_pictures_of_another_size_or_of_no_known_format_are_told(tmp_path) -> None:
    labels, log = write(tmp_path, "coco"), write_ros(tmp_path / "log", STAMPS, 1)
    labels.write_text(labels.read_text().replace('"width": 32', '"width": 64'))
    with pytest.raises(NativeError, match="labels pictures of 64x24, and the log's have 32x24"):
        OpenedLog(log, "/cam", None, labels)
    (tmp_path / "labels.csv").write_text("a")
    with pytest.raises(NativeError, match="what format is it of"):
        read_label_file(tmp_path / "labels.csv", "stamp")
    with pytest.raises(NativeError, match="No such file"):
        read_label_file(tmp_path / "none.json", "stamp")


@pytest.mark.parametrize(("name", "stamp_ns"), [
    ("1700000000.100000000.png", 1_700_000_000_100_000_000),
    ("cam/front-1700000000.1", 1_700_000_000_100_000_000),
    ("1700000000100000000.jpg", 1_700_000_000_100_000_000),
    ("left_0.05.png", 50_000_000),
])  # fmt: skip
def test_stamps_are_read_from_names_to_the_nanosecond(tmp_path, name, stamp_ns) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps({"image": name}))
    assert list(read_label_file(path, "stamp").found) == [stamp_ns]


@pytest.mark.parametrize(("cut", "found"), [
    (Cut(window_s=0.4), [(0.0, 0.4), (0.4, 0.8)]),
    (Cut(event="/events", before_s=0.05, after_s=0.05), [(0.25, 0.35)]),
])  # fmt: skip
def test_parts_count_from_the_first_picture_though_that_was_lost_on_its_way(cut, found) -> None:
    lost = SimpleNamespace(metadata=[SimpleNamespace(key="dropped", value="True")])
    there = SimpleNamespace(metadata=[])
    said = {
        "/cam": [(k * 10**8, None) for k in range(1, 5)],
        "/truth": [(0, lost), *((k * 10**8, there) for k in range(1, 5))],
        "/events": [(3 * 10**8, there)],
    }
    log = SimpleNamespace(
        topics={"/cam": "foxglove.RawImage", "/truth": ANNOTATIONS, "/events": "any"},
        messages=lambda topic: iter(said[topic]),
    )
    parts = parts_of(log, "/cam", cut, "/truth")
    assert [(round(begin, 3), round(end, 3)) for begin, end in parts] == found
