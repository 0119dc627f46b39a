"""A pack that names a field log: what lint says of it, and that it runs to a verdict."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.sim_adapters.replay.log_file import open_log
from tests.unit.execution.memory_pack import REPOSITORY, write_model
from tests.unit.execution.memory_plugins import ENTRY_POINTS
from tests.unit.sim_adapters.test_log_channels import write as write_sensors
from tests.unit.sim_adapters.test_replay import write_ros

pytest.importorskip("mcap_protobuf", reason="needs simgate[logs]")
pytest.importorskip("rosbags", reason="needs simgate[logs]")

PACK = """\
simgate: 1
pack: field
model: model/model.yaml
policy: {policy}
sim: {{adapter: {adapter}, time_limit_s: {limit}}}
scenarios:
  site:
    title: What a robot saw
    severity: critical
    world: {{log: site, images: {images}}}
    parameters:
      log.from_s: {{grid: [0, 0.2]}}
    variants: {{count: 2, method: grid}}
    accept:
      {accept}
gate:
  - {{severity: critical, pass_rate: {{at_least: 0.2, confidence: 0.6}}}}
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SIMGATE_PLUGINS", ENTRY_POINTS)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.chdir(tmp_path)
    write_model(tmp_path / "model")
    write_ros(tmp_path / "site", [0, 0.1, 0.2, 0.3, 0.4], 1)

    def make(
        policy="watcher", adapter="replay", limit=20, images="/cam", accept="latency.p95_ms: {at_most: 200}"
    ):
        path = tmp_path / "pack.yaml"
        path.write_text(
            PACK.format(policy=policy, adapter=adapter, limit=limit, images=images, accept=accept)
        )
        return str(path)

    return make


def test_a_log_runs_to_a_verdict_that_says_how_it_was_replayed(pack, tmp_path, capsys) -> None:
    run = ["run", pack(), "--workers", "0", "--runtime", "memory_runtime", "--runs-dir", "runs"]
    assert main(run) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "field logs are replayed open loop, what is said of them changes nothing: site" in said
    found = [json.loads(line) for line in Path("runs/latest/journal.ndjson").read_text().splitlines()]
    assert [(r["outcome"], r["end"], r["sim_s"]) for r in found] == [
        ("PASS", "end_of_log", 0.4),
        ("PASS", "end_of_log", 0.2),
    ]
    page = Path("runs/latest/report.html").read_text()
    assert "field logs, replayed open loop" in page
    parts = json.loads(Path("runs/latest/manifest.json").read_text())["fingerprint"]["parts"]
    (world,) = [part for part in parts if part["role"] == "native world"]
    assert set(world["files"]) == {"site/site.db3", "site/metadata.yaml"}
    # A run of a log that has changed since is not gone on with.
    os.truncate("runs/latest/journal.ndjson", 0)
    log = tmp_path / "site" / "metadata.yaml"
    log.write_text(log.read_text() + "\n")
    assert main(["run", "--resume", "runs/latest", "--workers", "0"]) != 0
    assert "site/metadata.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(("changes", "code", "said"), [
    ({"accept": "collisions: {at_most: 0}"}, "metric-needs", "it is replayed open loop"),
    ({"accept": "stop_distance_m: {at_most: 2}"}, "metric-needs", "it has no signals"),
    ({"accept": "detection.glass_door.recall: {at_least: 0.9}"}, "metric-needs", "names none"),
    ({"images": "/cam, labelled: some"}, "wrong-value", "nobody labels any picture"),
    ({"images": "/kam"}, "unknown-element", "topics with pictures: /cam"),
    ({"adapter": "mujoco"}, "world-adapter", "write sim: {adapter: replay}"),
    ({"policy": "door_navigator"}, "policy-robot", "write policy: watcher"),
    ({"limit": 0.2}, "rates", "a part of the log lasts 0.4 s, and an episode 0.2 s"),
])  # fmt: skip
def test_what_a_log_cannot_do_is_said_before_it_runs(pack, capsys, changes, code, said) -> None:
    main(["lint", pack(**changes)])
    out = capsys.readouterr().out
    assert f"[{code}]" in out
    assert said in " ".join(out.split())


def test_labels_of_a_file_are_judged_and_are_part_of_the_run(pack, tmp_path, capsys) -> None:
    path = Path(pack(accept="detection.glass_door.recall: {at_least: 0.9}"))
    path.write_text(path.read_text().replace("images: /cam", "images: /cam, labels: marked/labels.jsonl"))
    (tmp_path / "marked").mkdir()
    lines = [
        {"time_s": at, "boxes": [{"label": "glass_door", "box": [4 + 2 * k, 4, 12 + 2 * k, 20]}]}
        for k, at in enumerate([0, 0.1, 0.2, 0.3, 0.4])
    ]
    labels = tmp_path / "marked" / "labels.jsonl"
    labels.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert main(["lint", str(path)]) == 0
    run = ["run", str(path), "--workers", "0", "--runtime", "memory_runtime", "--runs-dir", "runs"]
    main(run)
    found = [json.loads(line) for line in Path("runs/latest/journal.ndjson").read_text().splitlines()]
    assert [one["outcome"] for one in found] == ["PASS", "PASS"]
    capsys.readouterr()
    os.truncate("runs/latest/journal.ndjson", 0)
    labels.write_text(labels.read_text().replace("20]", "21]"))
    assert main(["run", "--resume", "runs/latest", "--workers", "0"]) != 0
    assert "marked/labels.jsonl" in capsys.readouterr().err
    path.write_text(path.read_text().replace("labels: ", "truth: /cam, labels: "))
    assert main(["lint", str(path)]) != 0
    assert "those of a topic (truth) or those of a file (labels), not both" in capsys.readouterr().out


def test_a_log_of_which_some_pictures_are_labelled_is_judged_by_these(pack, tmp_path) -> None:
    labels = "/cam, labels: labels.jsonl, labelled: some"
    path = pack(accept="detection.glass_door.precision: {at_least: 1}", images=labels)
    marked = [(k, [4 + 2 * k, 4, 12 + 2 * k, 20]) for k in (1, 3)]
    rows = [{"time_s": 0.1 * k, "boxes": [{"label": "glass_door", "box": where}]} for k, where in marked]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run = ["run", path, "--workers", "0", "--runtime", "memory_runtime", "--runs-dir", "runs"]
    assert main([*run, "--record", "all"]) == 0
    found = [json.loads(line) for line in Path("runs/latest/journal.ndjson").read_text().splitlines()]
    assert [one["outcome"] for one in found] == ["PASS", "PASS"]
    first, second = (open_log(one) for one in sorted(Path("runs/latest/recordings").glob("*.mcap")))
    assert [round(at / 1e9, 3) for at, _ in first.messages("/camera/rgb/truth")] == [0.1, 0.3]
    assert [round(at / 1e9, 3) for at, _ in second.messages("/camera/rgb/truth")] == [0.1]


def test_other_sensors_of_a_log_are_recorded_and_their_topics_checked(pack, tmp_path, capsys) -> None:
    path = Path(pack())
    write_sensors(tmp_path / "sensors", 2)
    text = path.read_text().replace(
        "log: site, images: /cam", "log: sensors, images: /cam, channels: {imu: /imu}"
    )
    path.write_text(text.replace("[0, 0.2]", "[0, 0.15]"))
    run = ["run", str(path), "--workers", "0", "--runtime", "memory_runtime", "--runs-dir", "runs"]
    assert main([*run, "--record", "all"]) == 0
    (kept, _) = sorted(Path("runs/latest/recordings").glob("*.mcap"))
    assert {"/imu/values", "/camera/rgb"} <= set(open_log(kept).topics)
    capsys.readouterr()
    path.write_text(path.read_text().replace("imu: /imu", "imu: /imus"))
    assert main(["lint", str(path)]) != 0
    out = " ".join(capsys.readouterr().out.split())
    assert "pack.yaml:10:" in out
    assert "the log has no topic '/imus' for the channel 'imu'" in out
    path.write_text(path.read_text().replace("imu: /imus", "camera.rgb: /imu"))
    assert main(["lint", str(path)]) != 0
    assert "is the camera's channel already" in capsys.readouterr().out


def test_a_task_in_a_log_is_refused(pack, capsys) -> None:
    path = Path(pack())
    path.write_text(path.read_text().replace("    variants:", "    task: {success: x > 1}\n    variants:"))
    assert main(["lint", str(path)]) != 0
    assert "nobody can be given a task in it" in capsys.readouterr().out
