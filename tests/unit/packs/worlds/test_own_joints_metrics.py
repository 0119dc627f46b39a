"""What metrics and rules lack of robots on their own joints: signals, truth, outputs of the model, bodies."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.packs.loader import lint
from simgate.harness.scoring import metrics
from tests.unit.packs.own_joints import PACK, said
from tests.unit.policies.perception.made_models import constant_onnx, package
from tests.unit.sim_adapters.articulated.machines import ARM


def test_a_metric_of_the_packs_own_says_too_what_the_task_lacks(tmp_path: Path) -> None:
    own = "from simgate.harness.scoring.metrics import find\n\nSPL = find('spl')\n"
    (tmp_path / "own.py").write_text(own)
    asked = "accept: {way: {metric: own.py:SPL, at_least: 1}, success: {eq"
    (found,) = said(tmp_path, PACK.replace("accept: {success: {eq", asked))
    assert found[:2] == (18, "metric-needs")
    assert "'way' needs goal_distance_m" in found[2]


@pytest.mark.parametrize(
    ("metric", "message", "hint"),
    [
        ("motion.energy_j", "needs a signal of energy, which", "NAME: {energy: true}"),
        (
            "motion.grip_n.jerk_rms",
            "needs grip_n as a signal of position or joint position or",
            "used: height_m",
        ),
        ("motion.height_m.falls", "needs height_m as a signal of tilt, which", "NAME: {tilt: ...}"),
        ("motion.heigt_m.jerk_rms", "needs heigt_m, which the task does not have", "used: height_m"),
    ],
)
def test_a_metric_of_motion_says_what_signal_it_needs(
    tmp_path: Path, metric: str, message: str, hint: str
) -> None:
    asked = f"accept: {{{metric}: {{at_most: 1}}, success: {{eq"
    (found,) = said(tmp_path, PACK.replace("accept: {success: {eq", asked))
    assert found[:2] == (18, "metric-needs")
    assert f"'{metric}' {message}" in found[2]
    assert hint in found[3]


def test_a_metric_on_a_signal_of_the_right_kind_is_no_problem(tmp_path: Path) -> None:
    asked = "accept: {motion.height_m.jerk_rms: {at_most: 1}, action.saturation: {at_most: 1}, success: {eq"
    assert said(tmp_path, PACK.replace("accept: {success: {eq", asked)) == []


@pytest.mark.parametrize(
    ("criterion", "code", "message", "hint"),
    [
        ("poses.cube.add_m: {at_most: 1}", "missing-key", "does not say which body", "of: body/NAME"),
        ("poses.cube.add_m: {of: body/kube, at_most: 1}", "unknown-element", "no body 'kube'", "cube"),
        ("keypoints.cube.pck: {of: geom/cube, at_least: 1}", "unknown-element", "'geom/cube' is no body", "body/NAME"),
        ("poses.cube.recall: {of: body/cube, frame: map, at_least: 1}", "wrong-value", "unknown frame 'map'", "camera"),
        ("poses.cube.add_m: {of: body/cube, symmetry: 2, at_most: 1}", "unknown-key", "has no option 'symmetry'", "of,"),
        ("masks.cube.iou: {at_least: 1}", "metric-needs", "which no camera draws", "[rgb, semantic] for 'wrist'"),
        ("masks.mean_iou: {at_least: 1}", "metric-needs", "which no camera draws", "[rgb, semantic] for 'wrist'"),
    ],
)  # fmt: skip
def test_a_metric_of_what_is_seen_says_what_truth_it_lacks(
    tmp_path: Path, criterion: str, code: str, message: str, hint: str
) -> None:
    (found,) = said(tmp_path, PACK.replace("accept: {success: {eq", f"accept: {{{criterion}, success: {{eq"))
    assert found[:2] == (18, code)
    assert message in found[2]
    assert hint in found[3]


@pytest.mark.parametrize(
    ("body", "scope", "found"),
    [("cube", "scenario: lifts, ", 0), ("ball", "scenario: turns, ", 0), ("cube", "", 1), ("ball", "", 1)],
)
def test_a_rule_that_names_a_body_is_held_against_the_files_of_all_its_scenarios(
    tmp_path: Path, body: str, scope: str, found: int
) -> None:
    other = PACK.partition("scenarios:\n")[2].replace("lifts:", "turns:").replace("mjcf: arm", "mjcf: bare")
    (tmp_path / "bare.xml").write_text(ARM.replace('name="cube"', 'name="ball"'))
    other = other.replace("body/cube", "body/ball").replace("cube", "ball")
    rule = f"gate: [{{metric: poses.cube.recall, {scope}every_variant: {{of: body/{body}, at_least: 1}}}}]\n"
    problems = said(tmp_path, PACK + other + rule)
    assert [code for _, code, _, _ in problems] == ["unknown-element"] * found
    assert all(line == len((PACK + other).splitlines()) + 1 for line, _, _, _ in problems)


def test_a_rule_is_held_against_the_task_of_its_own_scenario(tmp_path: Path) -> None:
    other = PACK.partition("scenarios:\n")[2].replace("lifts:", "turns:").replace("height_m", "high_m")
    rule = "gate: [{{metric: motion.height_m.jerk_rms, scenario: {}, every_variant: {{at_most: 9}}}}]\n"
    assert said(tmp_path, PACK + other + rule.format("lifts")) == []
    (found,) = said(tmp_path, PACK + other + rule.format("turns"))
    assert (found[1], "'motion.height_m.jerk_rms' needs height_m" in found[2]) == ("metric-needs", True)


def test_a_metric_of_what_the_model_does_not_give_is_no_metric_of_this_pack(tmp_path: Path) -> None:
    outputs = {"t": np.zeros((1, 1, 3), np.float32), "q": np.array([[[1, 0, 0, 0]]], np.float32)}
    decoder = {"kind": "poses", "outputs": {"translation": "t", "rotation": "q"}}
    package(tmp_path / "model", constant_onnx(outputs), classes=["cube"], decoder=decoder)
    pack = PACK.replace("policy:", "model: model/model.yaml\npolicy:").replace("kinds: [rgb]", "")
    pack = pack.replace("{camera: wrist}", "{camera: wrist, kinds: [rgb, semantic], width: 32, height: 24}")
    fine = "accept: {poses.cube.recall: {of: body/cube, at_least: 1}, success: {eq"
    assert said(tmp_path, pack.replace("accept: {success: {eq", fine)) == []
    for asked, kind in (
        ("masks.cube.iou", "masks"),
        ("depth.abs_rel", "depth"),
        ("keypoints.cube.pck", "keypoints"),
    ):
        of = "of: body/cube, " if kind == "keypoints" else ""
        wrong = f"accept: {{{asked}: {{{of}at_least: 0.5}}, success: {{eq"
        (found,) = said(tmp_path, pack.replace("accept: {success: {eq", wrong))
        assert found[:2] == (19, "metric-needs")
        assert found[2] == f"'{asked}' needs a model that gives {kind}; the pack's gives poses"


def test_boxes_of_a_robot_on_its_own_joints_are_not_judged(tmp_path: Path) -> None:
    asked = "accept: {detection.cube.precision: {at_least: 0.5}, success: {eq"
    (found,) = said(tmp_path, PACK.replace("accept: {success: {eq", asked))
    assert found[:2] == (18, "metric-needs")
    assert "which no simulator tells of such a world" in found[2]
    assert "poses.<class>.recall" in found[3]


def test_a_metric_whose_truth_is_there_is_no_problem(tmp_path: Path) -> None:
    asked = "masks.mean_iou: {at_least: 1}, keypoints.cube.pck: {of: body/cube, at_least: 1}, "
    asked += "poses.cube.rotation_error_deg: {of: body/cube, symmetry: 4, frame: world, at_most: 1}"
    pack = PACK.replace("{camera: wrist}", "{camera: wrist, kinds: [rgb, instance]}")
    assert said(tmp_path, pack.replace("accept: {success: {eq", f"accept: {{{asked}, success: {{eq")) == []


def test_a_robot_without_a_camera_has_no_pictures_to_judge(tmp_path: Path) -> None:
    pack = PACK.replace("wrist: {camera: wrist}, ", "")
    asked = "accept: {poses.cube.add_m: {of: body/cube, at_most: 1}, success: {eq"
    (found,) = said(tmp_path, pack.replace("accept: {success: {eq", asked))
    assert found[:2] == (18, "metric-needs")
    assert "what a camera of a robot on its own joints has before it" in found[2]
    (tmp_path / "doors.yaml").write_text(
        "simgate: 1\npack: doors\npolicy: door_navigator\nscenarios:\n  open:\n    title: open\n"
        "    severity: major\n    world: office_corridor\n    variants: {count: 1}\n"
        "    accept: {masks.mean_iou: {at_least: 0.5}}\n"
    )
    (driving,) = lint([tmp_path / "doors.yaml"], metrics, date(2026, 11, 28))
    assert (driving.line, driving.code) == (10, "metric-needs")
    assert "this world has none" in driving.message


def test_a_rule_for_scenarios_of_several_tasks_is_not_held_against_one_of_them(tmp_path: Path) -> None:
    scenario = PACK.partition("scenarios:\n")[2]
    other = (
        scenario.replace("lifts:", "turns:")
        .replace("height_m", "high_m")
        .replace("{success: {eq", "{motion.high_m.jerk_rms: {at_most: 1}, success: {eq")
    )
    rule = "gate: [{metric: motion.high_m.jerk_rms, scenario: turns, mean: {at_most: 1}, clip: [0, 9], confidence: 0.9}]\n"
    assert said(tmp_path, PACK + other + rule) == []
