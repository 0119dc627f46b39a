"""A pack whose world is a data set, run as a user runs it: from labels to a verdict over all pictures."""

import json

import numpy as np
import pytest
from PIL import Image

from simgate.harness.cli.main import main
from simgate.harness.results.run_folder import RunFolder

pytest.importorskip("onnx", reason="makes the tiny model of these tests")

from tests.unit.policies.perception.tiny_model import write_package

PACK = """\
simgate: 1
pack: cells
model: model/model.yaml
policy: watcher
sim: {{adapter: dataset, batch: 4}}
scenarios:
  cells:
    title: Red cells
    severity: critical
    world: {{dataset: data/labels.jsonl, group_by: room, cluster_by: site, classes: {{glass: glass_door}}}}
    accept:
      detection.glass_door.recall: {{at_least: 0.9, if_undefined: pass}}
gate:
  - {{overall: AP50.glass_door, at_least: {bound}, confidence: 0.9}}
  - {{invalid_or_error: {{at_most: 0}}}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """24 rooms of two pictures at 12 sites; the model finds what is in every one."""
    root = tmp_path_factory.mktemp("cells")
    (root / "model").mkdir()
    write_package(root / "model")
    (root / "data").mkdir()
    lines = []
    for k in range(48):
        frame = np.zeros((24, 32, 3), np.uint8)
        row, column = divmod(k % 12, 4)
        frame[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8] = (255, 2 * k, 0)
        Image.fromarray(frame).save(root / "data" / f"{k}.png")
        x, y = column * 8 + 4, row * 8 + 4
        box = [max(x - 8, 0), max(y - 8, 0), min(x + 8, 32), min(y + 8, 24)]
        room, site = f"room-{k // 2}", f"site-{k // 4}"
        about = {"room": room, "site": site, "lux": 10 * (k // 2)}
        lines.append(json.dumps({"image": f"{k}.png", "boxes": [{"label": "glass", "box": box}], **about}))
    (root / "data" / "labels.jsonl").write_text("\n".join(lines))
    return root


def run(folder, bound, name):
    (folder / "pack.yaml").write_text(PACK.format(bound=bound))
    arguments = ["--workers", "0", "--runs-dir", str(folder / "runs"), "--run-name", name]
    return main(["run", str(folder / "pack.yaml"), *arguments])


def test_pictures_are_variants_and_all_of_them_make_the_verdict(folder, capsys):
    assert run(folder, 0.6, "a") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "AP50.glass_door 1.0000 over 24 variants in 12 clusters" in said
    records = list(RunFolder(folder / "runs" / "a").records())
    assert len(records) == 24
    assert {record.outcome.value for record in records} == {"PASS"}
    assert {**records[0].parameters} == {
        "pictures": "room-0",
        "cluster": "site-0",
        "lux": 0,
        "room": "room-0",
        "site": "site-0",
    }
    assert len({record.trace_digest for record in records}) == 24
    assert records[0].sheets["glass_door"].truths == 2
    assert main(["gate", str(folder / "runs" / "a")]) == 0
    assert main(["replay", str(folder / "runs" / "a"), records[0].variant, "--workers", "0"]) == 0


def test_precision_is_told_by_class_and_by_metadata(folder, capsys):
    run(folder, 0.6, "told")
    capsys.readouterr()
    assert main(["benchmark", str(folder / "runs" / "told"), "--by", "site"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    (of_class,) = [row for row in rows if row[:1] == ["glass_door"]]
    assert of_class[1:3] == ["48", "1.000"]
    assert next(row for row in rows if row[:1] == ["site-3"])[:5] == ["site-3", "2", "4", "1.000", "1.000"]
    assert main(["benchmark", str(folder / "runs" / "told"), "--by", "sit"]) != 0
    assert "no variant has a parameter 'sit'" in capsys.readouterr().err


def test_twelve_clusters_do_not_prove_nine_tenths(folder, capsys):
    assert run(folder, 0.9, "b") == 20
    assert "INCONCLUSIVE" in capsys.readouterr().out


def test_a_picture_that_was_exchanged_is_an_error_and_no_result(folder, capsys):
    run(folder, 0.6, "c")
    (folder / "runs" / "c" / "journal.ndjson").unlink()
    was = (folder / "data" / "0.png").read_bytes()
    try:
        Image.new("RGB", (32, 24)).save(folder / "data" / "0.png")
        code = main(["run", "--resume", str(folder / "runs" / "c"), "--workers", "0"])
    finally:
        (folder / "data" / "0.png").write_bytes(was)
    assert code != 0
    records = list(RunFolder(folder / "runs" / "c").records())
    wrong = [one for one in records if one.outcome.value == "ERROR"]
    assert [one.parameters["pictures"] for one in wrong] == ["room-0"]
    assert "'0.png' is another one than when the run was planned" in wrong[0].reason


@pytest.mark.parametrize(
    "was, now, said",
    [
        ("adapter: dataset", "adapter: mujoco", "shows no data sets"),
        ("group_by: room", "group_by: rom", "did you mean 'room'"),
        ("glass: glass_door", "glas: glass_door", "the labels have no class 'glas'"),
        ("glass: glass_door", "glass: glass_dor", "the model has no class 'glass_dor'"),
        ("labels.jsonl", "label.jsonl", "is not there"),
        ("AP50.glass_door", "AP51.glass_door", "no metric over all pictures"),
        ("AP50.glass_door", "AP50.cup", "the model has no class 'cup'"),
        (
            "    accept:",
            "    variants: {count: 3}\n    accept:",
            "the pictures of a data set, and the parts of a log, are the variants",
        ),
        ("at_least: 0.6, confidence: 0.9}", "at_least: 1}", "cannot be proven"),
        (
            "    accept:",
            "    parameters: {lux: 9}\n    accept:",
            "lux is told by what is shown, and setting it",
        ),
        (
            "    accept:",
            "    parameters: {pictures: room-1}\n    accept:",
            "pictures is said by each variant",
        ),
        (
            "    accept:",
            "    pinned: [{id: a, parameters: {pictures: room-1, cluster: elsewhere}}]\n    accept:",
            "the pinned variant 'a' says cluster is 'elsewhere', and what it shows says 'site-0'",
        ),
        (
            "    accept:",
            "    pinned: [{id: a, parameters: {pictures: room-99}}]\n    accept:",
            "the pinned variant 'a' shows 'room-99', which is not there",
        ),
    ],
)
def test_what_is_wrong_in_such_a_pack_is_said_with_its_line(folder, capsys, was, now, said):
    text = PACK.format(bound=0.6)
    assert was in text
    (folder / "wrong.yaml").write_text(text.replace(was, now))
    assert main(["lint", str(folder / "wrong.yaml")]) == 1
    out = capsys.readouterr()
    assert said in out.out + out.err
    assert "wrong.yaml:" in out.out + out.err
