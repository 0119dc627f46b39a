"""Data sets of masks, depth and poses, run as a user runs them: the whole by its definition, gate, benchmark."""

import json

import numpy as np
import pytest
from PIL import Image

from simgate.harness.cli.main import main
from simgate.harness.gate.decide import judged_run
from simgate.harness.results.run_folder import RunFolder

pytest.importorskip("onnx", reason="makes the tiny models of these tests")

import onnx

from tests.unit.policies.perception.made_models import constant_onnx, package

SIZE = HEIGHT, WIDTH = 24, 32
SITES, EACH = 12, 3
PACK = """\
simgate: 1
pack: pictures
model: model/model.yaml
policy: watcher
sim: {{adapter: dataset, batch: 8}}
scenarios:
  pictures:
    title: Labelled pictures
    severity: critical
    world: {{dataset: labels.jsonl, cluster_by: site, {world}}}
    accept: {{{accept}}}
gate:
{gate}
"""


def graph(nodes, output, shape, weights=()):
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    given = helper.make_tensor_value_info("images", kind, ["n", 3, *SIZE])
    back = helper.make_tensor_value_info(output, kind, ["n", *shape])
    made = helper.make_graph(nodes, "made", [given], [back], list(weights))
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(made, opset_imports=opset, ir_version=8).SerializeToString()


def write(folder, lines, model, world, accept, gate):
    """A pack over pictures of twelve sites."""
    content, keys = model
    package(folder / "model", content, input={"width": WIDTH, "height": HEIGHT}, **keys)
    for k, line in enumerate(lines):
        line.update(image=f"{k}.png", site=f"site-{k // EACH}")
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, lines)))
    rules = "\n".join(f"  - {{{rule}}}" for rule in (*gate, "invalid_or_error: {at_most: 0}"))
    (folder / "pack.yaml").write_text(PACK.format(world=world, accept=accept, gate=rules))


def run(folder, name="a", *more):
    arguments = ["--workers", "0", "--runs-dir", str(folder / "runs"), "--run-name", name, *more]
    return main(["run", str(folder / "pack.yaml"), *arguments])


def records_of(folder, name="a"):
    records = sorted(RunFolder(folder / "runs" / name).records(), key=lambda one: one.parameters["pictures"])
    assert {record.outcome.value for record in records} <= {"PASS", "FAIL"}, records[0].reason
    return records


def rules_of(folder, name="a"):
    return {one.statement: one for one in judged_run(RunFolder(folder / "runs" / name))[1].rules}


@pytest.fixture(scope="module")
def masked(tmp_path_factory):
    """The model says of each pixel which of three colours is strongest; labels differ from that in some."""
    folder = tmp_path_factory.mktemp("masks")
    random = np.random.default_rng(3)
    lines, truths, said = [], [], []
    for k in range(SITES * EACH):
        frame = random.integers(0, 255, (*SIZE, 3), np.uint8)
        best = frame.argmax(axis=2)
        truth = np.where(random.random(SIZE) < 0.1, random.integers(0, 3, SIZE), best).astype(np.uint8)
        truth[:2] = 255
        Image.fromarray(frame).save(folder / f"{k}.png")
        Image.fromarray(truth).save(folder / f"mask-{k}.png")
        lines.append({"mask": f"mask-{k}.png"})
        truths.append(truth)
        said.append(best)
    echo = graph([onnx.helper.make_node("Identity", ["images"], ["out"])], "out", (3, *SIZE))
    decoder = {"kind": "masks", "activation": "none", "outputs": {"masks": "out"}}
    write(
        folder,
        lines,
        (echo, {"classes": ["red", "green", "blue"], "decoder": decoder}),
        "mask_values: {0: rot, 1: green, 2: blue, 255: null}, classes: {rot: red}",
        "masks.mean_iou: {at_least: 0.5}",
        [
            "overall: masks.mean_iou, at_least: 0.6",
            "overall: masks.red.iou, at_least: 0.99",
            "overall: masks.mean_iou, not_worse_by: 0.5",
        ],
    )
    return folder, np.array(truths), np.array(said)


def test_mean_iou_over_all_pictures_is_that_of_its_definition(masked, capsys):
    folder, truth, said = masked
    assert run(folder) == 1
    judged = truth < 3
    ious = [
        ((truth == k) & (said == k) & judged).sum() / (((truth == k) | (said == k)) & judged).sum()
        for k in range(3)
    ]
    by_rule = rules_of(folder)
    whole, red, paired, _ = by_rule.values()
    assert whole.estimate == pytest.approx(np.mean(ious), abs=1e-12)
    assert red.estimate == pytest.approx(ious[0], abs=1e-12)
    assert [one.decision.value for one in (whole, red, paired)] == ["GO", "NO-GO", "INCONCLUSIVE"]
    assert whole.exact.low < whole.estimate < whole.exact.high
    first = records_of(folder)[0]
    own = truth[0] < 3
    assert sum(one.true for one in first.mask_sums.values()) == own.sum()
    assert first.metrics["masks.mean_iou"] == pytest.approx(
        np.mean(
            [
                ((truth[0] == k) & (said[0] == k)).sum() / (((truth[0] == k) | (said[0] == k)) & own).sum()
                for k in range(3)
            ]
        ),
        abs=1e-12,
    )
    capsys.readouterr()
    assert main(["benchmark", str(folder / "runs" / "a"), "--by", "site"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert next(row for row in rows if row[:1] == ["red"])[1:3] == [
        str((truth == 0).sum()),
        f"{ious[0]:.3f}",
    ]
    assert next(row for row in rows if row[:1] == ["site-3"])[1] == "3"


def test_a_run_against_itself_is_not_worse_and_a_replay_is_the_same(masked):
    folder, *_ = masked
    if not (folder / "runs" / "a").is_dir():
        run(folder)
    run(folder, "b", "--baseline", str(folder / "runs" / "a"))
    paired = list(rules_of(folder, "b").values())[2]
    assert paired.decision.value == "GO"
    assert paired.estimate == 0.0
    first = records_of(folder)[0]
    assert main(["replay", str(folder / "runs" / "a"), first.variant, "--workers", "0"]) == 0


def test_a_mask_that_was_exchanged_is_an_error(masked):
    folder, *_ = masked
    was = (folder / "mask-0.png").read_bytes()
    run(folder, "c")
    (folder / "runs" / "c" / "journal.ndjson").unlink()
    try:
        Image.new("L", (WIDTH, HEIGHT)).save(folder / "mask-0.png")
        main(["run", "--resume", str(folder / "runs" / "c"), "--workers", "0"])
    finally:
        (folder / "mask-0.png").write_bytes(was)
    wrong = [one for one in RunFolder(folder / "runs" / "c").records() if one.outcome.value == "ERROR"]
    assert [one.parameters["pictures"] for one in wrong] == ["0-png"]
    assert "'mask-0.png' is another one than when the run was planned" in wrong[0].reason


@pytest.mark.parametrize(
    "was, now, said",
    [
        ("masks.mean_iou: {at_least: 0.5}", "depth.abs_rel: {at_most: 1}", "needs a model that gives depth"),
        ("overall: masks.red.iou", "overall: masks.purple.iou", "the model has no class 'purple'"),
        ("overall: masks.red.iou", "overall: masks.red.iuo", "no metric over all pictures"),
        ("overall: masks.red.iou", "overall: AP50.red", "needs a model that gives boxes"),
        ("at_least: 0.99", "at_most: 0.99", "has at_least or not_worse_by, one of them"),
        ("255: null", "254: null", "holds the value 255, which mask_values does not name"),
        ("255: null", "70000: null", "no value of a map's pixel"),
        (
            "mask_values: {0: rot, 1: green, 2: blue, 255: null}, classes: {rot: red}",
            "",
            "what do the values",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(masked, capsys, was, now, said):
    folder, *_ = masked
    text = (folder / "pack.yaml").read_text()
    assert was in text
    (folder / "wrong.yaml").write_text(text.replace(was, now))
    if "255, which" in said:  # Maps are looked into when they are shown, as pictures are.
        code = main(["run", str(folder / "wrong.yaml"), "--workers", "0", "--runs-dir", str(folder / "w")])
        assert code not in (0, 1)
    else:
        assert main(["lint", str(folder / "wrong.yaml")]) == 1
    out = capsys.readouterr()
    assert said in out.out + out.err


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    """The model says the mean of three colours as metres."""
    folder = tmp_path_factory.mktemp("depth")
    random = np.random.default_rng(4)
    lines, truths, said = [], [], []
    for k in range(SITES * EACH):
        frame = random.integers(30, 255, (*SIZE, 3), np.uint8)
        near = frame.mean(axis=2) / 255
        steps = np.round(near * random.uniform(0.7, 1.5, SIZE) * 5000).astype(np.uint16)
        steps[:, :3] = 0
        Image.fromarray(frame).save(folder / f"{k}.png")
        Image.fromarray(steps).save(folder / f"depth-{k}.png")
        lines.append({"depth": f"depth-{k}.png"})
        truths.append(steps / 5000)
        said.append(near)
    mean = graph([onnx.helper.make_node("ReduceMean", ["images"], ["out"], axes=[1])], "out", (1, *SIZE))
    decoder = {"kind": "depth", "outputs": {"depth": "out"}}
    write(
        folder,
        lines,
        (mean, {"classes": ["any"], "decoder": decoder}),
        "depth_unit_m: 0.0002",
        "depth.delta1: {at_least: 0.2}",
        [
            "overall: depth.abs_rel, at_most: 0.4",
            "overall: depth.rmse_m, at_most: 0.01",
            "overall: depth.delta1, at_least: 0.3",
            "overall: depth.coverage, at_least: 0.7",
        ],
    )
    return folder, np.array(truths), np.array(said)


def test_errors_of_depth_over_all_pictures_are_those_of_their_definition(deep):
    folder, truth, said = deep
    assert run(folder) == 1
    judged = truth > 0
    t, s = truth[judged], said[judged]
    ratio = np.maximum(s / t, t / s)
    expected = [np.abs(s - t).__truediv__(t).mean(), ((s - t) ** 2).mean() ** 0.5, (ratio < 1.25).mean(), 1.0]
    rules = list(rules_of(folder).values())[:4]
    assert [one.estimate for one in rules] == pytest.approx(expected, rel=5e-4)
    assert [one.decision.value for one in rules] == ["GO", "NO-GO", "GO", "GO"]
    assert all(one.exact.low <= one.estimate <= one.exact.high for one in rules)


@pytest.fixture(scope="module")
def posed(tmp_path_factory):
    """The model always says one pose of a cup; the true ones are around it, in some pictures there is none."""
    folder = tmp_path_factory.mktemp("poses")
    random = np.random.default_rng(5)
    lines, truths = [], []
    for k in range(SITES * EACH):
        Image.fromarray(random.integers(0, 255, (*SIZE, 3), np.uint8)).save(folder / f"{k}.png")
        if k % 7 == 6:
            lines.append({"poses": []})
            continue
        moved, angle = np.array([0, 0, 0.5]) + random.normal(0, 0.02, 3), random.uniform(0, 0.3)
        turn = [np.cos(angle / 2), 0, 0, np.sin(angle / 2)]
        lines.append({"poses": [{"label": "cup", "translation_m": moved.tolist(), "quaternion": turn}]})
        truths.append((moved, angle))
    (folder / "cup.obj").write_text("v 0.1 0 0\nv -0.1 0 0\nv 0 0.1 0\nv 0 -0.1 0\n")
    outputs = {
        "t": np.array([[[0, 0, 0.5]]], np.float32),
        "q": np.array([[[1.0, 0.0, 0.0, 0.0]]], np.float32),
    }
    decoder = {"kind": "poses", "outputs": {"translation": "t", "rotation": "q"}}
    write(
        folder,
        lines,
        (constant_onnx(outputs, frames=("images", *SIZE)), {"classes": ["cup"], "decoder": decoder}),
        "points: {cup: cup.obj}",
        "poses.cup.recall: {of: body/cup, at_least: 1, if_undefined: pass}",
        [
            "overall: poses.cup.recall, at_least: 0.7",
            "overall: poses.cup.translation_error_m, at_most: 0.06",
            "overall: poses.cup.rotation_error_deg, at_most: 1",
            "overall: poses.cup.add_accuracy, at_least: 0.99",
            "overall: poses.cup.add_m, at_most: 0.1",
        ],
    )
    return folder, truths


def test_errors_of_poses_over_all_pictures_are_those_of_their_definition(posed):
    folder, truths = posed
    assert run(folder) == 1
    points = np.array([[0.1, 0, 0], [-0.1, 0, 0], [0, 0.1, 0], [0, -0.1, 0]])
    adds = []
    for moved, angle in truths:
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        adds.append(np.linalg.norm(points @ turn.T + moved - points - [0, 0, 0.5], axis=1).mean())
    errors = [np.linalg.norm(moved - [0, 0, 0.5]) for moved, _ in truths]
    angles = [np.degrees(angle) for _, angle in truths]
    expected = [1.0, np.mean(errors), np.mean(angles), np.mean(np.array(adds) < 0.02), np.mean(adds)]
    rules = list(rules_of(folder).values())[:5]
    assert [one.estimate for one in rules] == pytest.approx(expected, rel=1e-6)
    assert [one.decision.value for one in rules] == ["GO", "GO", "NO-GO", "NO-GO", "GO"]


def test_add_needs_the_points_of_the_body(posed, capsys):
    folder, _ = posed
    text = (folder / "pack.yaml").read_text()
    asked = text.replace(
        "poses.cup.recall: {of: body/cup, at_least: 1, if", "poses.cup.add_m: {of: body/cup, at_most: 1, if"
    )
    without = asked.replace("cluster_by: site, points: {cup: cup.obj}", "cluster_by: site")
    assert asked != text and without != asked
    (folder / "wrong.yaml").write_text(without)
    assert main(["lint", str(folder / "wrong.yaml")]) == 1
    assert "needs the points of the body" in capsys.readouterr().out
