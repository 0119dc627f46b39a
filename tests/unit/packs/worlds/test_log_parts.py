"""Parts of field logs as variants: whole logs of a folder, windows, and what is around events."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.expansion.log_parts import overlapping_parts
from simgate.harness.packs.loader import load_pack
from tests.unit.execution.memory_pack import REPOSITORY, write_model
from tests.unit.execution.memory_plugins import ENTRY_POINTS
from tests.unit.sim_adapters.test_replay import BEGIN_NS, frames, write_ros

pytest.importorskip("mcap_protobuf", reason="needs simgate[logs]")
pytest.importorskip("rosbags", reason="needs simgate[logs]")

PACK = """\
simgate: 1
pack: field
model: model/model.yaml
policy: watcher
sim: {{adapter: replay, time_limit_s: 20}}
scenarios:
  site:
    title: What robots saw
    severity: critical
    world: {{log: {log}, images: /cam, {more}}}
    {further}
    accept:
      latency.p95_ms: {{at_most: 200}}
gate:
  - {{severity: critical, pass_rate: {{at_least: 0.2, confidence: 0.6}}}}
"""
STAMPS = [0, 0.1, 0.3, 0.5, 0.9, 1.0]


def write_events(path: Path, said: list[tuple[float, str]]) -> None:
    """A log of pictures with words beside them, as a robot's operator would speak them."""
    from rosbags.rosbag2 import StoragePlugin, Writer
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.ROS2_HUMBLE)
    image, text = store.types["sensor_msgs/msg/Image"], store.types["std_msgs/msg/String"]
    header, time = store.types["std_msgs/msg/Header"], store.types["builtin_interfaces/msg/Time"]
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        writer.set_custom_data("site", path.name.rpartition("_")[0] or "lab")
        writer.set_custom_data("lux", "120.5")
        seen = writer.add_connection("/cam", image.__msgtype__, typestore=store)
        spoken = writer.add_connection("/operator", text.__msgtype__, typestore=store)
        for at, frame in zip(STAMPS, frames(len(STAMPS)), strict=True):
            stamp = time(*divmod(BEGIN_NS + round(at * 1e9), 10**9))
            one = image(header=header(stamp=stamp, frame_id="c"), height=24, width=32, encoding="rgb8",
                        is_bigendian=0, step=96, data=frame.ravel())  # fmt: skip
            writer.write(seen, BEGIN_NS + round(at * 1e9), store.serialize_cdr(one, image.__msgtype__))
        for at, words in said:
            raw = store.serialize_cdr(text(data=words), text.__msgtype__)
            writer.write(spoken, BEGIN_NS + round(at * 1e9), raw)


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    monkeypatch.setenv("SIMGATE_PLUGINS", ENTRY_POINTS)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.chdir(tmp_path)
    write_model(tmp_path / "model")

    def make(log: str = "log", more: str = "parts: whole", further: str = "") -> Path:
        path = tmp_path / "pack.yaml"
        path.write_text(PACK.format(log=log, more=more, further=further))
        return path

    return make


def parts(path: Path) -> list[tuple[str, float, float]]:
    return [
        (v.id, v.parameters["log.from_s"], round(v.parameters["log.to_s"], 3))
        for v in expand_pack(load_pack(path))
    ]


def test_windows_are_variants_and_those_without_a_picture_are_none(pack, tmp_path) -> None:
    write_ros(tmp_path / "log", STAMPS, 1)
    found = parts(pack(more="parts: {window_s: 0.3}"))
    assert found == [("site::pin-log-000", 0.0, 0.3), ("site::pin-log-001", 0.3, 0.6),
                     ("site::pin-log-002", 0.9, 1.2)]  # fmt: skip


def test_what_is_around_an_event_is_a_variant_and_one_within_it_is_no_other(pack, tmp_path) -> None:
    write_events(
        tmp_path / "log",
        [(0.1, "all well"), (0.5, "E-STOP pressed"), (0.55, "estop, E-stop"), (1.0, "e-stop")],
    )
    found = parts(pack(more="parts: {event: /operator, says: e-stop, before_s: 0.1, after_s: 0.2}"))
    assert [(a, b) for _, a, b in found] == [(0.4, 0.7), (0.9, 1.2)]


def test_each_log_of_a_folder_is_a_variant_with_what_it_says_of_itself(pack, tmp_path, capsys) -> None:
    for name in ("north/lobby_1", "north/lobby_2", "hall_1"):
        (tmp_path / "logs" / name).parent.mkdir(parents=True, exist_ok=True)
        write_events(tmp_path / "logs" / name, [(0.1, name)])
    (tmp_path / "logs" / "notes.txt").write_text("no log")
    path = pack(log="logs", more="parts: whole")
    assert main(["lint", str(path)]) == 0
    run = ["run", str(path), "--workers", "0", "--runtime", "memory_runtime", "--runs-dir", "runs"]
    assert main(run) == 0
    found = [json.loads(line) for line in Path("runs/latest/journal.ndjson").read_text().splitlines()]
    known = [(r["variant"], r["parameters"], r["outcome"]) for r in found]
    told = {name: (said["log.site"], said["log.lux"], outcome) for name, said, outcome in known}
    assert told == {
        "site::pin-hall_1": ("hall", 120.5, "PASS"),
        "site::pin-north-lobby_1": ("lobby", 120.5, "PASS"),
        "site::pin-north-lobby_2": ("lobby", 120.5, "PASS"),
    }
    files = json.loads(Path("runs/latest/manifest.json").read_text())["fingerprint"]["parts"][-1]["files"]
    assert len(files) == 6
    assert all(name.startswith("logs/") for name in files)
    assert {r["metrics"]["collisions"] for r in found} == {None}  # Nobody has said what was touched.


def test_a_copy_of_a_log_under_another_name_is_the_same_unit_of_proof(pack, tmp_path) -> None:
    (tmp_path / "logs").mkdir()
    write_events(tmp_path / "logs" / "one", [(0.1, "here")])
    write_events(tmp_path / "logs" / "two", [(0.1, "there")])
    shutil.copytree(tmp_path / "logs" / "one", tmp_path / "logs" / "copy")
    read = load_pack(pack(log="logs"))
    scenes = overlapping_parts(read, expand_pack(read))
    assert scenes["site::pin-copy"] == scenes["site::pin-one"] != scenes["site::pin-two"]


def test_labels_of_each_log_lie_in_a_folder_under_its_name(pack, tmp_path, capsys) -> None:
    (tmp_path / "logs").mkdir()
    for name in ("one", "logs"):
        write_ros(tmp_path / "logs" / name, STAMPS, 1)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "one.jsonl").write_text('{"time_s": 0.0}')
    path = pack(log="logs", more="parts: whole, labels: labels")
    assert main(["lint", str(path)]) != 0
    assert "logs has no labels in" in " ".join(capsys.readouterr().out.split())
    (tmp_path / "labels" / "logs.jsonl").write_text('{"time_s": 0.1}')
    spec = load_pack(path).scenarios[0].native
    assert {name: log.labels for name, log in spec.logs.items()} == {
        "one": "labels/one.jsonl", "logs": "labels/logs.jsonl",
    }  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), [
    ({"more": "parts: {}"}, "parts are windows, or what is around events"),
    ({"more": "parts: {window_s: 1, event: /cam}"}, "parts are windows, or what is around events"),
    ({"more": "parts: {window_s: 0}"}, "window_s"),
    ({"more": "parts: {event: /cams}"}, "the log has no topic '/cams' of events"),
    ({"more": "parts: some"}, "parts"),
    ({"more": "parts: whole", "further": "variants: {count: 2}"}, "the parts of a log, are the variants"),
    ({"further": "parameters: {camera.blur_px: {uniform: [0, 1]}}"}, "camera.blur_px would be drawn"),
    ({"log": "model"}, "is no log, and there is none in it"),
    ({"log": "logs", "more": "truth: /t"}, "there are 2 logs in logs"),
    ({"log": "logs"}, "has pictures of another size"),
])  # fmt: skip
def test_parts_that_are_none_are_told(pack, tmp_path, capsys, changes, said) -> None:
    write_ros(tmp_path / "log", STAMPS, 1)
    (tmp_path / "logs").mkdir()
    write_ros(tmp_path / "logs" / "one", STAMPS, 1)
    write_ros(tmp_path / "logs" / "two", STAMPS, 1, [f[:12] for f in frames(len(STAMPS))])
    assert main(["lint", str(pack(**changes))]) != 0
    assert said in " ".join(capsys.readouterr().out.split())


def test_one_value_of_a_corruption_is_laid_over_every_part(pack, tmp_path) -> None:
    write_ros(tmp_path / "log", STAMPS, 1)
    read = load_pack(pack(more="parts: {window_s: 0.3}", further="parameters: {camera.blur_px: 1.5}"))
    assert {v.parameters["camera.blur_px"] for v in expand_pack(read)} == {1.5}


SAID = "log.lux is told by what is shown, and setting it changes nothing"


@pytest.mark.parametrize(("more", "further", "said"), [
    ("parts: {window_s: 0.5}", "parameters: {log.lux: 120.5}", SAID),
    ("", "variants: {count: 1}\n    parameters: {log.lux: {uniform: [0, 5]}}", SAID),
    ("parts: {window_s: 0.5}", "parameters: {log.from_s: 0.3}", "log.from_s is said by each variant"),
    ("parts: whole", "pinned: [{id: a, parameters: {log.to_s: 0.5, log.site: mars}}]",
     "the pinned variant 'a' says log.site is 'mars', and what it shows says 'lab'"),
    ("", "variants: {count: 1}\n    pinned: [{id: a, parameters: {log.lux: 3}}]", "log.lux is 3, and what"),
])  # fmt: skip
def test_nobody_can_say_otherwise_what_a_log_says_of_itself(
    pack, tmp_path, capsys, more, further, said
) -> None:
    write_events(tmp_path / "log", [])
    assert main(["lint", str(pack(more=more, further=further))]) != 0
    assert said in " ".join(capsys.readouterr().out.split())


def test_a_pinned_variant_has_what_its_own_log_says(pack, tmp_path) -> None:
    for name in ("hall_1", "lobby_1"):
        write_events(tmp_path / "logs" / name, [])
    text = "pinned: [{id: a, parameters: {log.name: lobby_1, log.to_s: 0.5}}]"
    shared = pack(log="logs", further=text)
    shared.write_text(shared.read_text().replace("scenarios:", "parameters: {camera.blur_px: 1}\nscenarios:"))
    assert {v.id: v.parameters["log.site"] for v in expand_pack(load_pack(shared))} == {
        "site::pin-a": "lobby", "site::pin-hall_1": "hall", "site::pin-lobby_1": "lobby",
    }  # fmt: skip
    assert {v.parameters["log.lux"] for v in expand_pack(load_pack(shared))} == {120.5}
